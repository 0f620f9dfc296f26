"""Sanic: https://sanic.dev/en/guide/basics/middleware.html"""

import functools
import itertools
import json

import sanic
from asgi_toll_layers import HeaderLayer, wrap
from asgi_toll_subject import MARK_VALUE, dump_json, marks, pick, raw_marks
from sanic.response import json as json_response

# Sanic refuses a second application of the same name in one process.
application_number = itertools.count()


async def ping(request):
    return json_response({"count": 0})


def ping_routes(app):
    app.add_route(ping, "/_ping")


WORKLOADS = {"ping": ping_routes}


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


# A kind gives (response middlewares for the framework, layers to put around it).


def native(middlewares):
    return [header_function(name) for name in marks(middlewares)], []


def native_json(middlewares):
    return [count_function() for _ in range(middlewares)], []


def asgi_header(middlewares):
    return [], [functools.partial(HeaderLayer, header=pair) for pair in raw_marks(middlewares)]


KINDS = {"native": native, "native-json": native_json, "asgi-header": asgi_header}


def build(kind, middlewares, workload):
    """A Sanic application with `middlewares` layers of `kind`."""
    functions, layers = pick(KINDS, kind, "middleware kind")(middlewares)
    add_routes = pick(WORKLOADS, workload, "workload")
    app = sanic.Sanic("asgi_toll_%d" % next(application_number))
    app.config.ACCESS_LOG = False
    app.config.MOTD = False
    add_routes(app)
    for function in functions:
        app.register_middleware(function, "response")
    return wrap(app, layers)
