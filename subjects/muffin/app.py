"""Muffin: https://klen.github.io/muffin/usage.html#middlewares"""

import functools
import json

from asgi_toll_layers import HeaderLayer
from asgi_toll_subject import MARK_VALUE, marks, pick, raw_marks
from muffin import Application, ResponseJSON


async def ping(request):
    return {"count": 0}


def ping_routes(app):
    app.route("/_ping")(ping)


WORKLOADS = {"ping": ping_routes}


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


def asgi_header(middlewares):
    # Each ASGI middleware is bound outside of the one before.
    pairs = reversed(raw_marks(middlewares))
    return [functools.partial(HeaderLayer, header=pair) for pair in pairs]


KINDS = {"native": native, "native-json": native_json, "asgi-header": asgi_header}


def build(kind, middlewares, workload):
    """A Muffin application with `middlewares` layers of `kind`."""
    layers = pick(KINDS, kind, "middleware kind")(middlewares)
    add_routes = pick(WORKLOADS, workload, "workload")
    app = Application()
    add_routes(app)
    for layer in layers:
        app.middleware(layer)
    return app
