"""Falcon (its ASGI side): https://falcon.readthedocs.io/en/stable/api/middleware.html"""

import functools

import falcon.asgi
from asgi_toll_layers import HeaderLayer, wrap
from asgi_toll_subject import MARK_VALUE, marks, pick, raw_marks


class Ping:
    async def on_get(self, req, resp):
        resp.media = {"count": 0}


WORKLOADS = {"ping": lambda: [("/_ping", Ping())]}


class HeaderComponent:
    """A middleware component: Falcon calls its methods, it wraps nothing."""

    def __init__(self, name):
        self.name = name

    async def process_response(self, req, resp, resource, req_succeeded):
        resp.set_header(self.name, MARK_VALUE)


class CountComponent:
    """Counts itself before Falcon serialises the media: no JSON work per layer."""

    async def process_response(self, req, resp, resource, req_succeeded):
        resp.media["count"] += 1


# A kind gives (components for the framework, layers to put around it).


def native(middlewares):
    return [HeaderComponent(name) for name in marks(middlewares)], []


def native_json(middlewares):
    return [CountComponent() for _ in range(middlewares)], []


def asgi_header(middlewares):
    return [], [functools.partial(HeaderLayer, header=pair) for pair in raw_marks(middlewares)]


KINDS = {"native": native, "native-json": native_json, "asgi-header": asgi_header}


def build(kind, middlewares, workload):
    """A Falcon ASGI application with `middlewares` layers of `kind`."""
    components, layers = pick(KINDS, kind, "middleware kind")(middlewares)
    routes = pick(WORKLOADS, workload, "workload")()
    app = falcon.asgi.App(middleware=components)
    for path, resource in routes:
        app.add_route(path, resource)
    return wrap(app, layers)
