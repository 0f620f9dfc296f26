"""Litestar: https://docs.litestar.dev/latest/usage/middleware/creating-middleware.html"""

import json
from typing import Dict

from asgi_toll_layers import HeaderLayer, JsonCountLayer
from asgi_toll_subject import MARK_VALUE, dump_json, marks, pick, raw_marks
from litestar import Litestar, get
from litestar.datastructures import MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.middleware import DefineMiddleware

try:
    from litestar.middleware import ASGIMiddleware
except ImportError:  # before 2.15
    ASGIMiddleware = None
    from litestar.middleware import AbstractMiddleware


@get("/_ping")
async def ping() -> Dict[str, int]:
    return {"count": 0}


WORKLOADS = {"ping": lambda: [ping]}


def send_with_header(send, name):
    """`send`, wrapped as the documentation shows it."""

    async def send_wrapper(message):
        if message["type"] == "http.response.start":
            MutableScopeHeaders.from_message(message).add(name, MARK_VALUE)
        await send(message)

    return send_wrapper


def modern_layer(name):
    """An instance of `ASGIMiddleware`, recommended since 2.15."""

    class HeaderMiddleware(ASGIMiddleware):
        scopes = (ScopeType.HTTP,)

        async def handle(self, scope, receive, send, next_app):
            await next_app(scope, receive, send_with_header(send, name))

    return HeaderMiddleware()


def classic_layer(name):
    """A subclass of `AbstractMiddleware`, what releases before 2.15 recommend."""

    class HeaderMiddleware(AbstractMiddleware):
        scopes = {ScopeType.HTTP}

        async def __call__(self, scope, receive, send):
            await self.app(scope, receive, send_with_header(send, name))

    return HeaderMiddleware


native_layer = modern_layer if ASGIMiddleware else classic_layer


def native(middlewares):
    return [native_layer(name) for name in marks(middlewares)]


def native_json(middlewares):
    return [
        DefineMiddleware(JsonCountLayer, loads=json.loads, dumps=dump_json)
        for _ in range(middlewares)
    ]


def asgi_header(middlewares):
    return [DefineMiddleware(HeaderLayer, header=pair) for pair in raw_marks(middlewares)]


KINDS = {"native": native, "native-json": native_json, "asgi-header": asgi_header}


def build(kind, middlewares, workload):
    """A Litestar application with `middlewares` layers of `kind`."""
    layers = pick(KINDS, kind, "middleware kind")(middlewares)
    handlers = pick(WORKLOADS, workload, "workload")()
    return Litestar(route_handlers=handlers, middleware=layers)
