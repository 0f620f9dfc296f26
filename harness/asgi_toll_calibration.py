"""Layers whose cost, or whose fault, is known: what the instruments are held against.

Pure ASGI, alike in every framework. They act on `http` and `websocket` scopes
and hand `lifespan` on.
"""

import asyncio
import time
from itertools import repeat

from asgi_toll_spin import loops_for

LIFESPAN = "lifespan"


class SpinLayer:
    """Spends a known time of CPU more than `PassLayer`."""

    def __init__(self, app, spin_ns):
        self.app = app
        self.loops = loops_for(spin_ns, lambda app: SpinLayer(app, 0)) if spin_ns else 0

    async def __call__(self, scope, receive, send):
        for _ in repeat(None, self.loops):
            pass
        await self.app(scope, receive, send)


class SleepLayer:
    """Waits without using the CPU; other requests go on meanwhile."""

    def __init__(self, app, seconds):
        self.app = app
        self.seconds = seconds

    async def __call__(self, scope, receive, send):
        if scope["type"] != LIFESPAN:
            await asyncio.sleep(self.seconds)
        await self.app(scope, receive, send)


class BlockLayer:
    """Holds up the whole event loop without using the CPU."""

    def __init__(self, app, seconds):
        self.app = app
        self.seconds = seconds

    async def __call__(self, scope, receive, send):
        if scope["type"] != LIFESPAN:
            time.sleep(self.seconds)
        await self.app(scope, receive, send)


class ThreadHopLayer:
    """Hands a piece of work to another thread and waits for it."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] != LIFESPAN:
            await asyncio.get_running_loop().run_in_executor(None, int)
        await self.app(scope, receive, send)


class NewTaskLayer:
    """Runs what is below in a task of its own."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] == LIFESPAN:
            await self.app(scope, receive, send)
        else:
            await asyncio.get_running_loop().create_task(self.app(scope, receive, send))


class BufferLayer:
    """Collects the whole response and sends it as one body."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        start = None
        chunks = []

        async def collect(message):
            nonlocal start
            if message["type"] == "http.response.start":
                start = message
                return
            chunks.append(message.get("body", b""))
            if not message.get("more_body", False):
                await send(start)
                await send({"type": "http.response.body", "body": b"".join(chunks)})

        await self.app(scope, receive, collect)


class BufferRequestLayer:
    """Reads the whole body of the request before it hands it on in one piece."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        chunks = []
        more_body = True
        while more_body:
            message = await receive()
            chunks.append(message.get("body", b""))
            more_body = message.get("more_body", False)
        whole = {"type": "http.request", "body": b"".join(chunks), "more_body": False}
        replayed = False

        async def replay():
            nonlocal replayed
            if replayed:
                return await receive()
            replayed = True
            return whole

        await self.app(scope, replay, send)
