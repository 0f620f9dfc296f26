"""What seams see of layers whose faults are known."""

import base64
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from driver_client import PING, Tool, count  # noqa: E402

SOURCE = """
import asyncio
from asgi_toll_layers import wrap
from asgi_toll_seams import Seam, interleave

CHUNK = b"x" * 100

class Layer:
    def __init__(self, app):
        self.app = app

class Pass(Layer):
    async def __call__(self, scope, receive, send):
        await self.app(scope, receive, send)

class Buffer(Layer):
    async def __call__(self, scope, receive, send):
        start, chunks = [], []
        async def keep(message):
            if message["type"] == "http.response.start":
                start.append(message)
            else:
                chunks.append(message["body"])
        await self.app(scope, receive, keep)
        await send(start[0])
        await send({"type": "http.response.body", "body": b"".join(chunks)})

class BufferRequest(Layer):
    async def __call__(self, scope, receive, send):
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message["body"], message["more_body"]
        async def replay():
            return {"type": "http.request", "body": body, "more_body": False}
        await self.app(scope, replay, send)

class Halve(Layer):
    # Rewrites each chunk as it comes.
    async def __call__(self, scope, receive, send):
        async def halved(message):
            if message["type"] == "http.response.body":
                message = dict(message, body=message["body"][::2])
            await send(message)
        await self.app(scope, receive, halved)

class Extra(Layer):
    # Ends the body with a message of its own.
    async def __call__(self, scope, receive, send):
        async def more(message):
            last = not message.get("more_body", message["type"] == "http.response.start")
            if last:
                message = dict(message, more_body=True)
            await send(message)
            if last:
                await send({"type": "http.response.body"})
        await self.app(scope, receive, more)

class NewTask(Layer):
    async def __call__(self, scope, receive, send):
        await asyncio.ensure_future(self.app(scope, receive, send))

class Refuse(Layer):
    async def __call__(self, scope, receive, send):
        await send({"type": "http.response.start", "status": 400, "headers": []})
        await send({"type": "http.response.body", "body": b"no"})

KINDS = {
    "pass": [Pass], "buffer": [Buffer], "buffer-request": [BufferRequest], "halve": [Halve],
    "extra": [Extra], "new-task": [NewTask], "refuse": [Refuse], "mixed": [NewTask, Pass],
}

async def app(scope, receive, send):
    while (await receive())["more_body"]:
        pass
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for n in range(4):
        await send({"type": "http.response.body", "body": CHUNK, "more_body": n < 3})

def build(kind, middlewares, workload):
    if kind == "hook":
        return app
    layers = (KINDS[kind] * middlewares)[:middlewares]
    return wrap(app, interleave(layers, lambda index: lambda app: Seam(app, index=index)))
"""

BODY = base64.b64encode(b"y" * 300).decode()
REQUEST = dict(PING, method="POST", path="/post", body_base64=BODY, pieces=3)
PLAIN = {
    "seams": 3, "layer_messages_sent": 10, "layer_messages_received": 6, "copied_bytes": 0,
    "held_bytes": 0, "contextvars_lost": 0,
}  # fmt: skip
# Two layers of each kind, four chunks of 100 bytes out, three pieces of 100 bytes in:
# what differs from two that pass everything on.
EXPECTED = {
    "pass": {},
    # The inner one joins 4 chunks; the outer one holds what it gets, but copies nothing:
    # joining one object gives that object.
    "buffer": {"layer_messages_sent": 4, "copied_bytes": 400, "held_bytes": 400},
    # The outer one adds 300 bytes up; the inner one gets them in one piece.
    "buffer-request": {"layer_messages_received": 4, "copied_bytes": 300, "held_bytes": 300},
    "halve": {"copied_bytes": 4 * 50 + 4 * 25},
    # 6 leave the inner one, 7 the outer one.
    "extra": {"layer_messages_sent": 13},
    "new-task": {"contextvars_lost": 2},
    "mixed": {"contextvars_lost": 1},
    "refuse": {
        "seams": 1, "layer_messages_sent": 2, "layer_messages_received": 0, "copied_bytes": 2,
    },
}  # fmt: skip


class Seams(unittest.TestCase):
    def test_each_kind_of_layer_shows_what_it_does(self):
        for kind, differs in EXPECTED.items():
            with self.subTest(kind):
                told = count(SOURCE, REQUEST, 2, kind=kind, middlewares=2, seams=True)
                self.assertEqual(told, [dict(PLAIN, **differs)] * 2)

    def test_without_layers_there_is_one_seam(self):
        told = count(SOURCE, REQUEST, kind="pass", seams=True)[0]
        empty = dict(PLAIN, seams=1, layer_messages_sent=0, layer_messages_received=0)
        self.assertEqual(told, empty)

    def test_kinds_that_take_no_seams_count_nothing(self):
        self.assertEqual(count(SOURCE, kind="hook", seams=True), [{}])

    def test_seams_are_not_there_unless_they_are_wanted(self):
        with Tool(SOURCE, kind="pass") as tool:
            line, _ = tool.started(REQUEST, middlewares=3, counting=True)
            calls = line.ask("count")["counts"]["python_calls"]
            self.assertEqual(calls, 4)


if __name__ == "__main__":
    unittest.main()
