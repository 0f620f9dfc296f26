"""FastAPI: https://fastapi.tiangolo.com/tutorial/middleware/"""

import json

from asgi_toll_kinds import asgi_layers, expect_layers
from asgi_toll_layers import JsonCountLayer
from asgi_toll_on_starlette import KINDS as STARLETTE_KINDS
from asgi_toll_seams import Seam
from asgi_toll_subject import MARK_VALUE, dump_json, marks, pick
from asgi_toll_workloads import ERROR, LARGE, TEXT_1K, chunks, note
from fastapi import BackgroundTasks, FastAPI, Request, WebSocket
from fastapi.responses import PlainTextResponse, StreamingResponse
from pydantic import BaseModel
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware

BINARY = "application/octet-stream"


class Ping(BaseModel):
    count: int


class Text(BaseModel):
    text: str


class Received(BaseModel):
    received: int


async def ping():
    return Ping(count=0)


async def text():
    return Text(text=TEXT_1K)


async def post(request: Request):
    return Received(received=len(await request.body()))


async def stream():
    return StreamingResponse(chunks(), media_type=BINARY)


async def large():
    return LARGE


async def background(tasks: BackgroundTasks):
    tasks.add_task(note)
    return Ping(count=0)


async def error():
    raise RuntimeError(ERROR)


async def echo(websocket: WebSocket):
    await websocket.accept()
    async for words in websocket.iter_text():
        await websocket.send_text(words)


def ping_routes(app):
    app.get("/_ping", response_model=Ping)(ping)


def post_routes(app):
    app.post("/post", response_model=Received)(post)


def large_routes(app):
    app.get("/large", response_class=PlainTextResponse)(large)


def no_routes(app):
    """The one that every application has is enough."""


# Routes besides the one that every application has.
WORKLOADS = {
    "ping": no_routes,
    "cors-no-origin": no_routes,
    "cors-origin": no_routes,
    "gzip-small": no_routes,
    "json-1k": lambda app: app.get("/json", response_model=Text)(text),
    "post-1k": post_routes,
    "post-1m": post_routes,
    "stream-100x1k": lambda app: app.get("/stream")(stream),
    "large-200k": large_routes,
    "gzip-200k": large_routes,
    "background-task": lambda app: app.get("/background", response_model=Ping)(background),
    "error-500": lambda app: app.get("/error")(error),
    "websocket-echo": lambda app: app.websocket("/echo")(echo),
}


def header_function(name):
    """A function of the kind that the tutorial decorates with `@app.middleware("http")`."""

    async def add_header(request, call_next):
        response = await call_next(request)
        response.headers.append(name, MARK_VALUE)
        return response

    return add_header


def native(middlewares):
    # What `@app.middleware("http")` registers; in a list, so that seams fit between.
    return [
        Middleware(BaseHTTPMiddleware, dispatch=header_function(name))
        for name in marks(middlewares)
    ]


def native_json(middlewares):
    return [
        Middleware(JsonCountLayer, loads=json.loads, dumps=dump_json) for _ in range(middlewares)
    ]


KINDS = {"native": native, "native-json": native_json, **STARLETTE_KINDS}


def build(kind, middlewares, workload):
    """A FastAPI application with `middlewares` layers of `kind`."""
    layers = asgi_layers(KINDS, kind, middlewares, Middleware)
    add_routes = pick(WORKLOADS, workload, "workload")
    app = FastAPI(middleware=layers)
    ping_routes(app)
    add_routes(app)
    expect_layers(sum(layer.cls is not Seam for layer in app.user_middleware), middlewares)
    return app
