"""The layers of `main.py` around an application without a framework: nothing else is there.

Layers, outermost first: those of COSTS (see `main.py`), wrapped by hand.
"""

from main import middleware

BODY = b'{"bare": true}'
HEADERS = [
    (b"content-type", b"application/json"),
    (b"content-length", str(len(BODY)).encode()),
]


async def answer(scope, receive, send):
    if scope["type"] == "lifespan":
        while (await receive())["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
        await send({"type": "lifespan.shutdown.complete"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": list(HEADERS)})
    await send({"type": "http.response.body", "body": BODY})


app = answer
for planted in reversed(middleware):
    app = planted.cls(app, **planted.kwargs)
