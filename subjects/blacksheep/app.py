"""BlackSheep: https://www.neoteroi.dev/blacksheep/middlewares/"""

import functools

from asgi_toll_layers import HeaderLayer, wrap
from asgi_toll_subject import MARK_VALUE, marks, pick, raw_marks
from blacksheep import Application, Request, Response, Router, json


async def ping(request: Request) -> Response:
    return json({"count": 0})


def ping_routes(router):
    router.add_get("/_ping", ping)


WORKLOADS = {"ping": ping_routes}


def header_function(name):
    """One middleware; each layer is a function object of its own."""
    raw_name = name.encode("ascii")
    raw_value = MARK_VALUE.encode("ascii")

    async def add_header(request, handler):
        response = await handler(request)
        response.add_header(raw_name, raw_value)
        return response

    return add_header


def count_function():
    async def add_count(request, handler):
        response = await handler(request)
        payload = await response.json()
        payload["count"] += 1
        return json(payload)

    return add_count


# A kind gives (middlewares for the framework, layers to put around it).


def native(middlewares):
    return [header_function(name) for name in marks(middlewares)], []


def native_json(middlewares):
    return [count_function() for _ in range(middlewares)], []


def asgi_header(middlewares):
    return [], [functools.partial(HeaderLayer, header=pair) for pair in raw_marks(middlewares)]


KINDS = {"native": native, "native-json": native_json, "asgi-header": asgi_header}


def build(kind, middlewares, workload):
    """A BlackSheep application with `middlewares` layers of `kind`."""
    functions, layers = pick(KINDS, kind, "middleware kind")(middlewares)
    add_routes = pick(WORKLOADS, workload, "workload")
    # The default router is one for the whole process: a second application
    # would answer with handlers that the first has already wrapped.
    router = Router()
    app = Application(router=router)
    add_routes(router)
    for function in functions:
        app.middlewares.append(function)
    return wrap(app, layers)
