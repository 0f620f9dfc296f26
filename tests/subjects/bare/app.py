"""A bare ASGI application whose kinds go right or wrong in one way each."""

import asyncio
import functools
import os
import sys
import threading
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


def bad(middlewares, behave):
    """Right without a layer; with one, every request is `behave`d with."""
    good = native(middlewares)

    async def app(scope, receive, send):
        if scope["type"] == "http" and middlewares:
            await behave(good, scope, receive, send)
        else:
            await good(scope, receive, send)

    return app


async def raise_it(app, scope, receive, send):
    raise ValueError("this layer is broken")


async def say_nothing(app, scope, receive, send):
    pass


async def wait_forever(app, scope, receive, send):
    await asyncio.Event().wait()


async def answer_twice(app, scope, receive, send):
    await app(scope, receive, send)
    await app(scope, receive, send)


async def take_ten_seconds(app, scope, receive, send):
    time.sleep(10)
    await app(scope, receive, send)


async def exit_politely(app, scope, receive, send):
    sys.exit("this layer has had enough")


async def exit_at_once(app, scope, receive, send):
    print("this layer pulls the plug", flush=True)
    os._exit(9)


async def chatter(app, scope, receive, send):
    print('{"event": "slice"}')
    os.write(1, b"noise without an end")
    await app(scope, receive, send)


async def start_a_thread(app, scope, receive, send):
    if threading.active_count() < 5:
        threading.Thread(target=time.sleep, args=(3600,)).start()
    await app(scope, receive, send)


BEHAVIOURS = {
    "raises-later": raise_it,
    "silent": say_nothing,
    "never": wait_forever,
    "twice": answer_twice,
    "slow": take_ten_seconds,
    "exits": exit_politely,
    "unplugs": exit_at_once,
    "chatters": chatter,
    "threads": start_a_thread,
}


def lifespan(middlewares, refuse):
    """Answers only after lifespan came up, or refuses it."""
    good = native(middlewares)
    ready = refuse

    async def app(scope, receive, send):
        nonlocal ready
        if scope["type"] == "lifespan":
            assert not refuse, "no lifespan here"
            await receive()
            ready = True
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        assert ready, "asked before lifespan came up"
        await good(scope, receive, send)

    return app


KINDS = {
    "native": native,
    "raises": raises,
    "hangs": hangs,
    "wrong-body": wrong_body,
    "dies-later": dies_later,
    "forks": forks,
    "drops": drops,
    "needs-lifespan": lambda middlewares: lifespan(middlewares, refuse=False),
    "refuses-lifespan": lambda middlewares: lifespan(middlewares, refuse=True),
}
for name, behave in BEHAVIOURS.items():
    KINDS[name] = functools.partial(bad, behave=behave)


def build(kind, middlewares, workload):
    """The bare application with `middlewares` layers of `kind`."""
    return KINDS[kind](middlewares)
