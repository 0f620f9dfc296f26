"""What the tests of the audit share: a client, a clock, and the checks on an application."""

import asyncio
import importlib
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from asgi_toll_audit import audit  # noqa: E402


def importable(*names):
    """Whether all of these can be imported here (some releases cannot, on some Pythons)."""
    try:
        for name in names:
            importlib.import_module(name)
    except Exception:
        return False
    return True


SCOPE = {
    "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1",
    "method": "GET", "scheme": "http", "path": "/", "raw_path": b"/", "query_string": b"",
    "root_path": "", "headers": [(b"host", b"localhost")], "client": ("127.0.0.1", 1),
    "server": ("127.0.0.1", 80),
}  # fmt: skip


def scope_of(path="/", headers=(), method="GET"):
    """The scope of a request."""
    headers = [*SCOPE["headers"], *headers]
    raw = path.encode("ascii")
    return dict(SCOPE, path=path, raw_path=raw, headers=headers, method=method)


def ask(app, path="/", headers=(), lifespan=True):
    """Status, headers and body of the answer to one request, within a lifespan."""
    return asyncio.run(asked(app, scope_of(path, headers), lifespan))


async def asked(app, scope, lifespan):
    if not lifespan:
        return await answer(app, scope)
    inbox, outbox = asyncio.Queue(), asyncio.Queue()
    life = {"type": "lifespan", "asgi": SCOPE["asgi"], "state": {}}
    task = asyncio.ensure_future(app(life, inbox.get, outbox.put))
    await inbox.put({"type": "lifespan.startup"})
    message = await first_of(task, outbox)
    assert message["type"] == "lifespan.startup.complete", message
    try:
        return await answer(app, scope)
    finally:
        await inbox.put({"type": "lifespan.shutdown"})
        await task


async def first_of(task, outbox):
    """The first message of a lifespan, or the error that it ended with."""
    wanted = asyncio.ensure_future(outbox.get())
    await asyncio.wait([task, wanted], return_when=asyncio.FIRST_COMPLETED)
    if not wanted.done():
        wanted.cancel()
        task.result()
    return await wanted


async def answer(app, scope):
    sent = []
    waiting = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive():
        if not waiting:
            await asyncio.sleep(3600)
        return waiting.pop()

    async def send(message):
        sent.append(message)

    await app(dict(scope), receive, send)
    start = sent[0]
    headers = {bytes(name).lower(): bytes(value) for name, value in start["headers"]}
    body = b"".join(message.get("body", b"") for message in sent[1:])
    return start["status"], headers, body


class Clock:
    """Counts the calls of each index and passes everything on."""

    def __init__(self):
        self.calls = {}
        self.open = []
        self.inside = {}

    def enter(self, index):
        self.calls[index] = self.calls.get(index, 0) + 1
        self.inside.setdefault(index, set()).update(self.open[-1:])
        self.open.append(index)

    def shim(self, index, app):
        async def shim(scope, receive, send):
            if scope["type"] != "http":
                return await app(scope, receive, send)
            return await self.around(index, app, scope, receive, send)

        return shim

    async def around(self, index, factory, *args):
        self.enter(index)
        try:
            return await factory(*args)
        finally:
            self.open.remove(index)

    def call(self, index, function, *args):
        self.enter(index)
        try:
            return function(*args)
        finally:
            self.open.remove(index)


MARKS = [b"x-toll-0", b"x-toll-1", b"x-toll-2"]


def marks_of(headers):
    """Which of the three layers left their mark."""
    return [mark for mark in MARKS if mark in headers]


class Checks:
    """Checks of an application with layers that each leave a mark; a mixin for test cases."""

    path = "/"
    lifespan = True

    def ask(self, app, **options):
        return ask(app, self.path, lifespan=self.lifespan, **options)

    def audited(self, build):
        return audit(build(), scope_of(self.path))

    def indices(self, found):
        """The indices of the layers of the project's own."""
        return [i for i, layer in enumerate(found.layers) if layer.by == "application"]

    def check_layers(self, build, count=3):
        """Each layer can be taken out alone, all can, and shims change nothing."""
        status, headers, body = self.ask(build())
        self.assertEqual((status, marks_of(headers)), (200, MARKS[:count]))
        found = self.audited(build)
        ours = self.indices(found)
        self.assertEqual(len(ours), count, [layer.origin for layer in found.layers])
        for n, index in enumerate(ours):
            with self.subTest(without=found.layers[index].name):
                left = [mark for m, mark in enumerate(MARKS[:count]) if m != n]
                self.check_left(build, {index}, left, body)
        with self.subTest("without all"):
            self.check_left(build, set(ours), [], body)
        self.check_restored(build, MARKS[:count], body)
        self.check_shims(build, headers, body)
        return found

    def check_restored(self, build, marks, body):
        """What is taken out of a list that is read with every request can be put back."""
        found = self.audited(build)
        if not hasattr(found.flat, "restore"):
            return
        before = len(found.chain.steps)
        flat = {index for index in self.indices(found) if index >= before}
        app = found.without(flat)
        found.flat.restore()
        told = self.ask(app)
        self.assertEqual((told[0], marks_of(told[1]), told[2]), (200, marks, body))

    def check_left(self, build, removed, left, body):
        told = self.ask(self.audited(build).without(removed))
        self.assertEqual((told[0], marks_of(told[1]), told[2]), (200, left, body))

    def check_shims(self, build, headers, body):
        """Every layer and what is inside of them is called, and the answer stays."""
        found, clock = self.audited(build), Clock()
        told = self.ask(found.shimmed(clock))
        self.assertEqual((told[0], told[1].keys(), told[2]), (200, headers.keys(), body))
        self.assertEqual(sorted(clock.calls), list(range(len(found.layers) + 1)))
        self.clock = clock
