"""Lilya: https://lilya.dev/middleware/"""

import json

from asgi_toll_layers import HeaderLayer, JsonCountLayer
from asgi_toll_subject import MARK_VALUE, dump_json, marks, pick, raw_marks
from lilya.apps import Lilya
from lilya.datastructures import Header
from lilya.middleware import DefineMiddleware
from lilya.protocols.middleware import MiddlewareProtocol
from lilya.responses import JSONResponse
from lilya.routing import Path


async def ping(request):
    return JSONResponse({"count": 0})


WORKLOADS = {"ping": lambda: [Path("/_ping", ping)]}


class HeaderMiddleware(MiddlewareProtocol):
    """Adds its header as the middlewares that Lilya ships do."""

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
                Header.ensure_header_instance(message).add(name, MARK_VALUE)
            await send(message)

        await self.app(scope, receive, send_with_header)


def protocol_layers(middlewares):
    return [DefineMiddleware(HeaderMiddleware, name=name) for name in marks(middlewares)]


def native_json(middlewares):
    return [
        DefineMiddleware(JsonCountLayer, loads=json.loads, dumps=dump_json)
        for _ in range(middlewares)
    ]


def asgi_header(middlewares):
    return [DefineMiddleware(HeaderLayer, header=pair) for pair in raw_marks(middlewares)]


# Early releases have no such way to reach a message's headers; there the
# documentation knows pure ASGI only.
native = protocol_layers if hasattr(Header, "ensure_header_instance") else asgi_header

KINDS = {"native": native, "native-json": native_json, "asgi-header": asgi_header}


def build(kind, middlewares, workload):
    """A Lilya application with `middlewares` layers of `kind`."""
    layers = pick(KINDS, kind, "middleware kind")(middlewares)
    routes = pick(WORKLOADS, workload, "workload")()
    return Lilya(routes=routes, middleware=layers)
