"""Muffin: https://klen.github.io/muffin/usage.html#middlewares"""

import functools
import json

from asgi_toll_kinds import asgi_layers, expect_wrapped
from asgi_toll_subject import MARK_VALUE, marks, pick
from asgi_toll_workloads import ERROR, LARGE, TEXT_1K, chunks, note
from muffin import Application, ResponseJSON, ResponseStream, ResponseText, ResponseWebSocket

BINARY = "application/octet-stream"


async def ping(request):
    return {"count": 0}


async def text(request):
    return {"text": TEXT_1K}


async def post(request):
    return {"received": len(await request.body())}


async def stream(request):
    return ResponseStream(chunks(), content_type=BINARY)


async def large(request):
    return ResponseText(LARGE)


async def error(request):
    raise RuntimeError(ERROR)


async def echo(request):
    async with ResponseWebSocket(request) as websocket:
        while websocket.connected:
            message = await websocket.receive()
            if isinstance(message, str):
                await websocket.send(message)
    return websocket


def no_routes(app):
    """The one that every application has is enough."""


def post_route(app):
    app.route("/post", methods=["POST"])(post)


def large_route(app):
    app.route("/large")(large)


def background_route(app):
    @app.route("/background")
    async def background(request):
        app.run_after_response(note())
        return {"count": 0}


# Routes besides the one that every application has.
WORKLOADS = {
    "ping": no_routes,
    "cors-no-origin": no_routes,
    "cors-origin": no_routes,
    "gzip-small": no_routes,
    "json-1k": lambda app: app.route("/json")(text),
    "post-1k": post_route,
    "post-1m": post_route,
    "stream-100x1k": lambda app: app.route("/stream")(stream),
    "large-200k": large_route,
    "gzip-200k": large_route,
    "background-task": background_route,
    "error-500": lambda app: app.route("/error")(error),
    "websocket-echo": lambda app: app.route("/echo")(echo),
}


def header_function(name):
    """One middleware; Muffin drops a function object that it already has."""

    async def add_header(app, request, receive, send):
        response = await app(request, receive, send)
        response.headers[name] = MARK_VALUE
        return response

    return add_header


def count_function():
    async def add_count(app, request, receive, send):
        response = await app(request, receive, send)
        payload = json.loads(response.content)
        payload["count"] += 1
        return ResponseJSON(payload)

    return add_count


def native(middlewares):
    return [header_function(name) for name in marks(middlewares)]


def native_json(middlewares):
    return [count_function() for _ in range(middlewares)]


KINDS = {"native": native, "native-json": native_json}


def add_asgi_layers(app, kind, middlewares):
    """Each is bound outside of the one before, so the outermost comes last."""
    innermost = app.lifespan.app
    layers = asgi_layers(KINDS, kind, middlewares, functools.partial)
    for layer in reversed(layers):
        app.middleware(layer)
    expect_wrapped(app.lifespan.app, innermost, len(layers))


def build(kind, middlewares, workload):
    """A Muffin application with `middlewares` layers of `kind`."""
    add_routes = pick(WORKLOADS, workload, "workload")
    app = Application()
    app.route("/_ping")(ping)
    add_routes(app)
    if kind in KINDS:
        for function in KINDS[kind](middlewares):
            app.middleware(function)
    else:
        add_asgi_layers(app, kind, middlewares)
    return app
