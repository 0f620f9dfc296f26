"""Quart: https://quart.palletsprojects.com/en/latest/how_to_guides/middleware.html"""

import functools
import json

from asgi_toll_kinds import around, asgi_layers, shared
from asgi_toll_subject import MARK_VALUE, dump_json, marks, pick
from asgi_toll_workloads import ERROR, LARGE, TEXT_1K, chunks, note
from quart import Quart, Response, current_app, request, websocket

BINARY = "application/octet-stream"


async def ping():
    return {"count": 0}


async def text():
    return {"text": TEXT_1K}


async def post():
    return {"received": len(await request.get_data())}


async def stream():
    return Response(chunks(), content_type=BINARY)


async def large():
    return Response(LARGE, content_type="text/plain")


async def background():
    current_app.add_background_task(note)
    return {"count": 0}


async def error():
    raise RuntimeError(ERROR)


async def echo():
    while True:
        await websocket.send(await websocket.receive())


def rule(path, view, **options):
    """A function that adds one route."""
    return lambda app: app.add_url_rule(path, view_func=view, **options)


def no_rule(app):
    """The one that every application has is enough."""


add_ping = rule("/_ping", ping)
add_post = rule("/post", post, methods=["POST"])
add_large = rule("/large", large)

# Routes besides the one that every application has.
WORKLOADS = {
    "ping": no_rule,
    "cors-no-origin": no_rule,
    "cors-origin": no_rule,
    "gzip-small": no_rule,
    "json-1k": rule("/json", text),
    "post-1k": add_post,
    "post-1m": add_post,
    "stream-100x1k": rule("/stream", stream),
    "large-200k": add_large,
    "gzip-200k": add_large,
    "background-task": rule("/background", background),
    "error-500": rule("/error", error),
    "websocket-echo": lambda app: app.add_websocket("/echo", view_func=echo),
}


def header_hook(name):
    async def add_header(response):
        response.headers.add(name, MARK_VALUE)
        return response

    return add_header


def count_hook():
    async def add_count(response):
        payload = json.loads(await response.get_data())
        payload["count"] += 1
        response.set_data(dump_json(payload))
        return response

    return add_count


def header_hooks(app, middlewares):
    for name in marks(middlewares):
        app.after_request(header_hook(name))


def count_hooks(app, middlewares):
    for _ in range(middlewares):
        app.after_request(count_hook())


# The documentation's way *is* a pure ASGI layer; both kinds are one thing here.
LAYERS = {"native": shared(functools.partial)["asgi-header"]}
HOOKS = {"native-json": count_hooks, "hook-header": header_hooks}
KINDS = {**LAYERS, **HOOKS}


def add_layers(app, kind, middlewares):
    if kind in HOOKS:
        HOOKS[kind](app, middlewares)
        return
    layers = asgi_layers(KINDS, kind, middlewares, functools.partial)
    app.asgi_app = around(app.asgi_app, layers)


def build(kind, middlewares, workload):
    """A Quart application with `middlewares` layers of `kind`."""
    add_routes = pick(WORKLOADS, workload, "workload")
    app = Quart(__name__)
    add_ping(app)
    add_routes(app)
    add_layers(app, kind, middlewares)
    return app
