"""Falcon (its ASGI side): https://falcon.readthedocs.io/en/stable/api/middleware.html"""

import falcon
import falcon.asgi
from asgi_toll_kinds import around, functions_or_layers
from asgi_toll_subject import MARK_VALUE, marks, pick
from asgi_toll_workloads import ERROR, LARGE, TEXT_1K, chunks, note

BINARY = "application/octet-stream"


class Ping:
    async def on_get(self, req, resp):
        resp.media = {"count": 0}


class Text:
    async def on_get(self, req, resp):
        resp.media = {"text": TEXT_1K}


class Post:
    async def on_post(self, req, resp):
        resp.media = {"received": len(await req.stream.read())}


class Stream:
    async def on_get(self, req, resp):
        resp.content_type = BINARY
        resp.stream = chunks()


class Large:
    async def on_get(self, req, resp):
        resp.content_type = falcon.MEDIA_TEXT
        resp.text = LARGE


class Background:
    async def on_get(self, req, resp):
        resp.media = {"count": 0}
        resp.schedule(note)


class Error:
    async def on_get(self, req, resp):
        raise RuntimeError(ERROR)


class Echo:
    async def on_websocket(self, req, ws):
        await ws.accept()
        try:
            while True:
                await ws.send_text(await ws.receive_text())
        except falcon.WebSocketDisconnected:
            pass


# Routes besides the one that every application has.
WORKLOADS = {
    "ping": [],
    "cors-no-origin": [],
    "cors-origin": [],
    "gzip-small": [],
    "json-1k": [("/json", Text())],
    "post-1k": [("/post", Post())],
    "post-1m": [("/post", Post())],
    "stream-100x1k": [("/stream", Stream())],
    "large-200k": [("/large", Large())],
    "gzip-200k": [("/large", Large())],
    "background-task": [("/background", Background())],
    "error-500": [("/error", Error())],
    "websocket-echo": [("/echo", Echo())],
}


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


def native(middlewares):
    return [HeaderComponent(name) for name in marks(middlewares)]


def native_json(middlewares):
    return [CountComponent() for _ in range(middlewares)]


KINDS = {"native": native, "native-json": native_json}


def build(kind, middlewares, workload):
    """A Falcon ASGI application with `middlewares` layers of `kind`."""
    components, layers = functions_or_layers(KINDS, kind, middlewares)
    routes = [("/_ping", Ping()), *pick(WORKLOADS, workload, "workload")]
    app = falcon.asgi.App(middleware=components)
    for path, resource in routes:
        app.add_route(path, resource)
    return around(app, layers)
