"""Litestar: https://docs.litestar.dev/latest/usage/middleware/creating-middleware.html"""

import json
from typing import Dict

from asgi_toll_kinds import asgi_layers, expect_layers
from asgi_toll_layers import JsonCountLayer
from asgi_toll_seams import Seam
from asgi_toll_subject import MARK_VALUE, dump_json, marks, pick
from asgi_toll_workloads import ERROR, LARGE, TEXT_1K, chunks, note
from litestar import Litestar, MediaType, Request, Response, WebSocket, get, post, websocket
from litestar.background_tasks import BackgroundTask
from litestar.datastructures import MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.middleware import DefineMiddleware
from litestar.response import Stream

try:
    from litestar.middleware import ASGIMiddleware
except ImportError:  # before 2.15
    ASGIMiddleware = None
    from litestar.middleware import AbstractMiddleware

BINARY = "application/octet-stream"


@get("/_ping")
async def ping() -> Dict[str, int]:
    return {"count": 0}


@get("/json")
async def text() -> Dict[str, str]:
    return {"text": TEXT_1K}


@post("/post", status_code=200)
async def post_body(request: Request) -> Dict[str, int]:
    return {"received": len(await request.body())}


@get("/stream")
async def stream() -> Stream:
    return Stream(chunks(), media_type=BINARY)


@get("/large", media_type=MediaType.TEXT)
async def large() -> str:
    return LARGE


@get("/background")
async def background() -> Response:
    return Response({"count": 0}, background=BackgroundTask(note))


@get("/error")
async def error() -> None:
    raise RuntimeError(ERROR)


@websocket("/echo")
async def echo(socket: WebSocket) -> None:
    await socket.accept()
    async for words in socket.iter_data():
        await socket.send_text(words)


# Handlers besides the one that every application has.
WORKLOADS = {
    "ping": [],
    "cors-no-origin": [],
    "cors-origin": [],
    "gzip-small": [],
    "json-1k": [text],
    "post-1k": [post_body],
    "post-1m": [post_body],
    "stream-100x1k": [stream],
    "large-200k": [large],
    "gzip-200k": [large],
    "background-task": [background],
    "error-500": [error],
    "websocket-echo": [echo],
}


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


KINDS = {"native": native, "native-json": native_json}


def is_seam(layer):
    return isinstance(layer, DefineMiddleware) and layer.middleware is Seam


def build(kind, middlewares, workload):
    """A Litestar application with `middlewares` layers of `kind`."""
    layers = asgi_layers(KINDS, kind, middlewares, DefineMiddleware)
    handlers = pick(WORKLOADS, workload, "workload")
    # `post-1m` is more than a body may have by default; older releases have no limit.
    try:
        app = Litestar([ping, *handlers], middleware=layers, request_max_body_size=None)
    except TypeError:
        app = Litestar([ping, *handlers], middleware=layers)
    expect_layers(sum(not is_seam(layer) for layer in app.middleware), middlewares)
    return app
