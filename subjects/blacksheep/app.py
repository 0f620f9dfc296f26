"""BlackSheep: https://www.neoteroi.dev/blacksheep/middlewares/"""

from asgi_toll_kinds import around, functions_or_layers
from asgi_toll_subject import MARK_VALUE, marks, pick
from asgi_toll_workloads import ERROR, LARGE, TEXT_1K, chunks
from blacksheep import Application, Content, Request, Response, Router, StreamedContent, json

BINARY = b"application/octet-stream"


async def ping(request: Request) -> Response:
    return json({"count": 0})


async def text(request: Request) -> Response:
    return json({"text": TEXT_1K})


async def post(request: Request) -> Response:
    return json({"received": len(await request.read())})


async def stream(request: Request) -> Response:
    return Response(200, content=StreamedContent(BINARY, chunks))


async def large(request: Request) -> Response:
    return Response(200, content=Content(b"text/plain", LARGE.encode("ascii")))


async def error(request: Request) -> Response:
    raise RuntimeError(ERROR)


async def echo(websocket):
    from blacksheep.server.websocket import WebSocketDisconnectError

    await websocket.accept()
    try:
        while True:
            await websocket.send_text(await websocket.receive_text())
    except WebSocketDisconnectError:
        pass


def no_routes(router):
    """The one that every application has is enough."""


def post_route(router):
    router.add_post("/post", post)


def large_route(router):
    router.add_get("/large", large)


# Routes besides the one that every application has.
WORKLOADS = {
    "ping": no_routes,
    "cors-no-origin": no_routes,
    "cors-origin": no_routes,
    "gzip-small": no_routes,
    "json-1k": lambda router: router.add_get("/json", text),
    "post-1k": post_route,
    "post-1m": post_route,
    "stream-100x1k": lambda router: router.add_get("/stream", stream),
    "large-200k": large_route,
    "gzip-200k": large_route,
    "error-500": lambda router: router.add_get("/error", error),
    "websocket-echo": lambda router: router.add_ws("/echo", echo),
}


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


def native(middlewares):
    return [header_function(name) for name in marks(middlewares)]


def native_json(middlewares):
    return [count_function() for _ in range(middlewares)]


KINDS = {"native": native, "native-json": native_json}


def build(kind, middlewares, workload):
    """A BlackSheep application with `middlewares` layers of `kind`."""
    functions, layers = functions_or_layers(KINDS, kind, middlewares)
    add_routes = pick(WORKLOADS, workload, "workload")
    # The default router is one for the whole process: a second application
    # would answer with handlers that the first has already wrapped.
    router = Router()
    app = Application(router=router)
    router.add_get("/_ping", ping)
    add_routes(router)
    for function in functions:
        app.middlewares.append(function)
    return around(app, layers)
