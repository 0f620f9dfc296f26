"""FastAPI: https://fastapi.tiangolo.com/tutorial/middleware/"""

import json

from asgi_toll_layers import HeaderLayer, JsonCountLayer
from asgi_toll_subject import MARK_VALUE, dump_json, marks, pick, raw_marks
from fastapi import FastAPI
from pydantic import BaseModel
from starlette.middleware.base import BaseHTTPMiddleware


class Ping(BaseModel):
    count: int


async def ping():
    return Ping(count=0)


def ping_routes(app):
    app.get("/_ping", response_model=Ping)(ping)


WORKLOADS = {"ping": ping_routes}


class HeaderBaseMiddleware(BaseHTTPMiddleware):
    """Built on `BaseHTTPMiddleware`."""

    def __init__(self, app, name):
        super().__init__(app)
        self.name = name

    async def dispatch(self, request, call_next):
        response = await call_next(request)
        response.headers.append(self.name, MARK_VALUE)
        return response


def header_function(name):
    """A function of the kind that the tutorial decorates with `@app.middleware("http")`."""

    async def add_header(request, call_next):
        response = await call_next(request)
        response.headers.append(name, MARK_VALUE)
        return response

    return add_header


# `add_middleware` and `middleware` put each new layer outside of those before,
# so the outermost is registered last.


def native(app, middlewares):
    for name in reversed(marks(middlewares)):
        app.middleware("http")(header_function(name))


def native_json(app, middlewares):
    for _ in range(middlewares):
        app.add_middleware(JsonCountLayer, loads=json.loads, dumps=dump_json)


def asgi_header(app, middlewares):
    for pair in reversed(raw_marks(middlewares)):
        app.add_middleware(HeaderLayer, header=pair)


def base_http(app, middlewares):
    for name in reversed(marks(middlewares)):
        app.add_middleware(HeaderBaseMiddleware, name=name)


KINDS = {
    "native": native,
    "native-json": native_json,
    "asgi-header": asgi_header,
    "base-http": base_http,
}


def build(kind, middlewares, workload):
    """A FastAPI application with `middlewares` layers of `kind`."""
    add_layers = pick(KINDS, kind, "middleware kind")
    add_routes = pick(WORKLOADS, workload, "workload")
    app = FastAPI()
    add_routes(app)
    add_layers(app, middlewares)
    return app
