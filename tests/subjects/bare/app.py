"""A bare ASGI application whose kinds go right or wrong in one way each."""

import asyncio
import os
import time

from asgi_toll_layers import HeaderLayer
from asgi_toll_subject import raw_marks

BODY = b'{"count": 0}'


def answering(body):
    async def app(scope, receive, send):
        if scope["type"] != "http":
            return
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return app


def layered(app, middlewares):
    for pair in raw_marks(middlewares):
        app = HeaderLayer(app, header=pair)
    return app


def native(middlewares):
    return layered(answering(BODY), middlewares)


def raises(middlewares):
    raise RuntimeError("this application cannot be built")


def hangs(middlewares):
    async def app(scope, receive, send):
        await asyncio.sleep(3600)

    return app


def wrong_body(middlewares):
    return layered(answering(b'{"count": "many"}'), middlewares)


def dies_later(middlewares):
    app = native(middlewares)
    served = 0

    async def counting(scope, receive, send):
        nonlocal served
        served += 1
        if served > 20 and middlewares >= 2:
            print("the application has had enough", flush=True)
            os._exit(7)
        await app(scope, receive, send)

    return counting


def forks(middlewares):
    # A process of its own, as an agent or a pool would start it: it must not outlive the server.
    if os.fork() == 0:
        while True:
            time.sleep(1)
    return native(middlewares)


def drops(middlewares):
    return layered(answering(BODY), min(middlewares, 1))


KINDS = {
    "native": native,
    "raises": raises,
    "hangs": hangs,
    "wrong-body": wrong_body,
    "dies-later": dies_later,
    "forks": forks,
    "drops": drops,
}


def build(kind, middlewares, workload):
    """The bare application with `middlewares` layers of `kind`."""
    return KINDS[kind](middlewares)
