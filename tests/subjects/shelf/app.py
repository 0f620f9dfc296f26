"""A bare application inside layers of the distribution `tollshelf`."""

from asgi_toll_subject import raw_marks
from tollshelf import Layer

BODY = b'{"count": 0}'
HEADERS = [(b"content-type", b"application/json"), (b"content-length", str(len(BODY)).encode())]


async def bare(scope, receive, send):
    if scope["type"] != "http":
        return
    await send({"type": "http.response.start", "status": 200, "headers": list(HEADERS)})
    await send({"type": "http.response.body", "body": BODY})


def build(kind, middlewares, workload):
    app = bare
    for pair in raw_marks(middlewares):
        app = Layer(app, pair)
    return app
