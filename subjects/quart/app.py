"""Quart: https://quart.palletsprojects.com/en/latest/how_to_guides/middleware.html"""

import functools
import json

from asgi_toll_layers import HeaderLayer, wrap
from asgi_toll_subject import MARK_VALUE, dump_json, marks, pick, raw_marks
from quart import Quart


async def ping():
    return {"count": 0}


def ping_routes(app):
    app.add_url_rule("/_ping", view_func=ping)


WORKLOADS = {"ping": ping_routes}


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


def asgi_layers(app, middlewares):
    layers = [functools.partial(HeaderLayer, header=pair) for pair in raw_marks(middlewares)]
    app.asgi_app = wrap(app.asgi_app, layers)


def header_hooks(app, middlewares):
    for name in marks(middlewares):
        app.after_request(header_hook(name))


def count_hooks(app, middlewares):
    for _ in range(middlewares):
        app.after_request(count_hook())


KINDS = {
    # The documentation's way *is* a pure ASGI layer; both kinds are one thing here.
    "native": asgi_layers,
    "native-json": count_hooks,
    "asgi-header": asgi_layers,
    "hook-header": header_hooks,
}


def build(kind, middlewares, workload):
    """A Quart application with `middlewares` layers of `kind`."""
    add_layers = pick(KINDS, kind, "middleware kind")
    add_routes = pick(WORKLOADS, workload, "workload")
    app = Quart(__name__)
    add_routes(app)
    add_layers(app, middlewares)
    return app
