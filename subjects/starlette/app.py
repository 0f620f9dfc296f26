"""Starlette: https://starlette.dev/middleware/"""

import functools
import json

from asgi_toll_layers import HeaderLayer, JsonCountLayer
from asgi_toll_subject import MARK_VALUE, dump_json, marks, pick, raw_marks
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.responses import JSONResponse
from starlette.routing import Route


async def ping(request):
    return JSONResponse({"count": 0})


WORKLOADS = {"ping": lambda: [Route("/_ping", ping)]}


class HeaderMiddleware:
    """The form that the documentation shows under "Pure ASGI Middleware"."""

    def __init__(self, app, name):
        self.app = app
        self.name = name

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        name = self.name

        async def send_with_header(message):
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).append(name, MARK_VALUE)
            await send(message)

        await self.app(scope, receive, send_with_header)


class HeaderBaseMiddleware(BaseHTTPMiddleware):
    """Built on `BaseHTTPMiddleware`."""

    def __init__(self, app, name):
        super().__init__(app)
        self.name = name

    async def dispatch(self, request, call_next):
        response = await call_next(request)
        response.headers.append(self.name, MARK_VALUE)
        return response


def native(middlewares):
    return [Middleware(HeaderMiddleware, name=name) for name in marks(middlewares)]


def native_json(middlewares):
    layer = functools.partial(Middleware, JsonCountLayer, loads=json.loads, dumps=dump_json)
    return [layer() for _ in range(middlewares)]


def asgi_header(middlewares):
    return [Middleware(HeaderLayer, header=pair) for pair in raw_marks(middlewares)]


def base_http(middlewares):
    return [Middleware(HeaderBaseMiddleware, name=name) for name in marks(middlewares)]


KINDS = {
    "native": native,
    "native-json": native_json,
    "asgi-header": asgi_header,
    "base-http": base_http,
}


def build(kind, middlewares, workload):
    """A Starlette application with `middlewares` layers of `kind`."""
    layers = pick(KINDS, kind, "middleware kind")(middlewares)
    routes = pick(WORKLOADS, workload, "workload")()
    return Starlette(routes=routes, middleware=layers)
