"""Sanic: https://sanic.dev/en/guide/basics/middleware.html"""

import itertools
import json

import sanic
from asgi_toll_kinds import around, functions_or_layers
from asgi_toll_subject import MARK_VALUE, dump_json, marks, pick
from asgi_toll_workloads import ERROR, LARGE, TEXT_1K, chunks, note
from sanic.response import json as json_response
from sanic.response import text as text_response

BINARY = "application/octet-stream"

# Sanic refuses a second application of the same name in one process.
application_number = itertools.count()


async def ping(request):
    return json_response({"count": 0})


async def text(request):
    return json_response({"text": TEXT_1K})


async def post(request):
    return json_response({"received": len(request.body)})


async def stream(request):
    # Under ASGI, releases up to 23.12 log an error after each such answer: they miss a
    # response that is sent already. Without `eof` they leave it open besides.
    response = await request.respond(content_type=BINARY)
    async for chunk in chunks():
        await response.send(chunk)
    await response.eof()


async def large(request):
    return text_response(LARGE)


async def background(request):
    request.app.add_task(note())
    return json_response({"count": 0})


async def error(request):
    raise RuntimeError(ERROR)


async def echo(request, websocket):
    words = await websocket.recv()
    while words is not None:
        await websocket.send(words)
        words = await websocket.recv()


def no_routes(app):
    """The one that every application has is enough."""


def post_route(app):
    app.add_route(post, "/post", methods=["POST"])


def large_route(app):
    app.add_route(large, "/large")


# Routes besides the one that every application has.
WORKLOADS = {
    "ping": no_routes,
    "cors-no-origin": no_routes,
    "cors-origin": no_routes,
    "gzip-small": no_routes,
    "json-1k": lambda app: app.add_route(text, "/json"),
    "post-1k": post_route,
    "post-1m": post_route,
    "stream-100x1k": lambda app: app.add_route(stream, "/stream"),
    "large-200k": large_route,
    "gzip-200k": large_route,
    "background-task": lambda app: app.add_route(background, "/background"),
    "error-500": lambda app: app.add_route(error, "/error"),
    "websocket-echo": lambda app: app.add_websocket_route(echo, "/echo"),
}


def header_function(name):
    """One response middleware; older releases drop a function they already have."""

    async def add_header(request, response):
        response.headers[name] = MARK_VALUE

    return add_header


def count_function():
    async def add_count(request, response):
        payload = json.loads(response.body)
        payload["count"] += 1
        response.body = dump_json(payload)

    return add_count


def native(middlewares):
    return [header_function(name) for name in marks(middlewares)]


def native_json(middlewares):
    return [count_function() for _ in range(middlewares)]


KINDS = {"native": native, "native-json": native_json}


def build(kind, middlewares, workload):
    """A Sanic application with `middlewares` layers of `kind`."""
    functions, layers = functions_or_layers(KINDS, kind, middlewares)
    add_routes = pick(WORKLOADS, workload, "workload")
    app = sanic.Sanic("asgi_toll_%d" % next(application_number))
    app.config.ACCESS_LOG = False
    app.config.MOTD = False
    app.add_route(ping, "/_ping")
    add_routes(app)
    for function in functions:
        app.register_middleware(function, "response")
    return around(app, layers)
