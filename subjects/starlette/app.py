"""Starlette: https://starlette.dev/middleware/"""

import functools
import json

from asgi_toll_kinds import asgi_layers, expect_layers
from asgi_toll_layers import JsonCountLayer
from asgi_toll_on_starlette import KINDS as STARLETTE_KINDS
from asgi_toll_seams import Seam
from asgi_toll_subject import MARK_VALUE, dump_json, marks, pick
from asgi_toll_workloads import ERROR, LARGE, TEXT_1K, chunks, note
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.responses import JSONResponse, PlainTextResponse, StreamingResponse
from starlette.routing import Route, WebSocketRoute

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
    return PlainTextResponse(LARGE)


async def background(request):
    return JSONResponse({"count": 0}, background=BackgroundTask(note))


async def error(request):
    raise RuntimeError(ERROR)


async def echo(websocket):
    await websocket.accept()
    async for text in websocket.iter_text():
        await websocket.send_text(text)


PING = Route("/_ping", ping)
POST = Route("/post", post, methods=["POST"])
LARGE_ROUTE = Route("/large", large)

# Routes besides the one that every application has.
WORKLOADS = {
    "ping": [],
    "cors-no-origin": [],
    "cors-origin": [],
    "gzip-small": [],
    "json-1k": [Route("/json", text)],
    "post-1k": [POST],
    "post-1m": [POST],
    "stream-100x1k": [Route("/stream", stream)],
    "large-200k": [LARGE_ROUTE],
    "gzip-200k": [LARGE_ROUTE],
    "background-task": [Route("/background", background)],
    "error-500": [Route("/error", error)],
    "websocket-echo": [WebSocketRoute("/echo", echo)],
}


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


def native(middlewares):
    return [Middleware(HeaderMiddleware, name=name) for name in marks(middlewares)]


def native_json(middlewares):
    layer = functools.partial(Middleware, JsonCountLayer, loads=json.loads, dumps=dump_json)
    return [layer() for _ in range(middlewares)]


KINDS = {"native": native, "native-json": native_json, **STARLETTE_KINDS}


def build(kind, middlewares, workload):
    """A Starlette application with `middlewares` layers of `kind`."""
    layers = asgi_layers(KINDS, kind, middlewares, Middleware)
    routes = pick(WORKLOADS, workload, "workload")
    app = Starlette(routes=[PING, *routes], middleware=layers)
    expect_layers(sum(layer.cls is not Seam for layer in app.user_middleware), middlewares)
    return app
