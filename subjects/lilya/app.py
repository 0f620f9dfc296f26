"""Lilya: https://lilya.dev/middleware/"""

import json

from asgi_toll_kinds import asgi_layers, expect_layers, shared
from asgi_toll_layers import JsonCountLayer
from asgi_toll_subject import MARK_VALUE, dump_json, marks, pick
from asgi_toll_workloads import ERROR, LARGE, TEXT_1K, chunks, note
from lilya.apps import Lilya
from lilya.background import Task
from lilya.datastructures import Header
from lilya.middleware import DefineMiddleware
from lilya.protocols.middleware import MiddlewareProtocol
from lilya.responses import JSONResponse, PlainText, StreamingResponse
from lilya.routing import Path, WebSocketPath

BINARY = "application/octet-stream"


async def ping(request):
    return JSONResponse({"count": 0})


async def text(request):
    return JSONResponse({"text": TEXT_1K})


async def post(request):
    return JSONResponse({"received": len(await request.body())})


async def stream(request):
    return StreamingResponse(chunks(), media_type=BINARY)


async def large(request):
    return PlainText(LARGE)


async def background(request):
    return JSONResponse({"count": 0}, background=Task(note))


async def error(request):
    raise RuntimeError(ERROR)


async def echo(websocket):
    await websocket.accept()
    async for words in websocket.iter_text():
        await websocket.send_text(words)


PING = Path("/_ping", ping)
POST = Path("/post", post, methods=["POST"])
LARGE_PATH = Path("/large", large)

# Routes besides the one that every application has.
WORKLOADS = {
    "ping": [],
    "cors-no-origin": [],
    "cors-origin": [],
    "gzip-small": [],
    "json-1k": [Path("/json", text)],
    "post-1k": [POST],
    "post-1m": [POST],
    "stream-100x1k": [Path("/stream", stream)],
    "large-200k": [LARGE_PATH],
    "gzip-200k": [LARGE_PATH],
    "background-task": [Path("/background", background)],
    "error-500": [Path("/error", error)],
    "websocket-echo": [WebSocketPath("/echo", echo)],
}


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


# Early releases have no such way to reach a message's headers; there the
# documentation knows pure ASGI only.
plain_layers = shared(DefineMiddleware)["asgi-header"]
native = protocol_layers if hasattr(Header, "ensure_header_instance") else plain_layers

KINDS = {"native": native, "native-json": native_json}


def build(kind, middlewares, workload):
    """A Lilya application with `middlewares` layers of `kind`."""
    layers = asgi_layers(KINDS, kind, middlewares, DefineMiddleware)
    routes = pick(WORKLOADS, workload, "workload")
    app = Lilya(routes=[PING, *routes], middleware=layers)
    expect_layers(len(app.custom_middleware), len(layers))
    return app
