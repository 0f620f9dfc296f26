"""`direct`: requests awaited in-process, between two readings of the clocks."""

import contextlib
import gc
import time

import asgi_toll_layers
from asgi_toll_exchange import COMPLETE
from asgi_toll_request import APP_ERRORS

REFERENCE_LAYERS = 20
REFERENCE_TURNS = 4
REFERENCE_WARM_UP = (20, 20, 20, 20, 20)
REFERENCE_HEADER = (b"x-toll-reference", b"1")
# A slice is meant in CPU time. Where requests sleep or block, this many times as
# much wall time ends it.
WALL_FACTOR = 4
# Another process had the core until now: its caches are not ours. This share of a
# slice is made before the clocks are read.
LEAD_IN = 0.25


class Spent:
    """What a number of requests took."""

    def __init__(self, requests, wrong, clocks):
        self.requests = requests
        self.wrong = wrong
        self.wall_ns, self.cpu_ns, self.thread_cpu_ns = clocks


class Pace:
    """What one request of one application takes, learned as it goes."""

    def __init__(self):
        self.cpu_ns = None
        self.wall_ns = None

    def learn(self, spent):
        """Half of what was known, half of what was just seen."""
        for name in ("cpu_ns", "wall_ns"):
            seen = getattr(spent, name) / spent.requests
            known = getattr(self, name)
            setattr(self, name, seen if known is None else (known + seen) / 2)

    def requests_in(self, cpu_ns):
        """How many requests fill `cpu_ns`, at least one."""
        if self.cpu_ns is None:
            return 1
        by_cpu = cpu_ns / max(self.cpu_ns, 1)
        by_wall = WALL_FACTOR * cpu_ns / max(self.wall_ns, 1)
        return max(1, round(min(by_cpu, by_wall)))


async def block(app, request, times, status, body_bytes):
    """Makes `request` `times` times; what that took.

    The clocks are read in here, so that starting the task is not measured. This
    loop is the driver's own cost per request: keep it short.
    """
    wrong = 0
    exchange_of, pieces, scope_of = request.exchange, request.pieces, request.scope
    wall, cpu, thread = time.perf_counter_ns(), time.process_time_ns(), time.thread_time_ns()
    for _ in range(times):
        exchange = exchange_of(pieces)
        error = None
        try:
            await app(scope_of(), exchange.receive, exchange.send)
        except APP_ERRORS as raised:
            error = raised
        if exchange.stage != COMPLETE:
            exchange.fail(error)
        if exchange.status != status or exchange.body_bytes != body_bytes:
            wrong += 1
    clocks = (
        time.perf_counter_ns() - wall,
        time.process_time_ns() - cpu,
        time.thread_time_ns() - thread,
    )
    return Spent(times, wrong, clocks)


class Direct:
    """Slices on one loop of one application whose first answer is known."""

    def __init__(self, loop, app, request, answer):
        """`answer` is the exchange of the first request."""
        self.loop = loop
        self.app = app
        self.request = request
        self.status = answer.status
        self.body_bytes = answer.body_bytes
        self.pace = Pace()

    def run(self, app, times):
        """One block on `app` in a task of its own, so that what leaks stays in it."""
        body = block(app, self.request, times, self.status, self.body_bytes)
        return self.loop.run_until_complete(body)

    def warm_up(self, wall_ns):
        """Makes requests for about `wall_ns`; how many."""
        end = time.perf_counter_ns() + wall_ns
        made, times = 0, 1
        while True:
            self.pace.learn(self.run(self.app, times))
            made += times
            left = end - time.perf_counter_ns()
            if left <= 0:
                break
            times = max(1, min(2 * times, int(left / max(self.pace.wall_ns, 1))))
        gc.collect()
        gc.freeze()
        return made

    def slice(self, cpu_ns):
        """One slice of about `cpu_ns`."""
        with collector_off():
            self.run(self.app, self.pace.requests_in(cpu_ns * LEAD_IN))
            spent = self.run(self.app, self.pace.requests_in(cpu_ns))
        self.pace.learn(spent)
        return spent

    def reference(self, cpu_ns):
        """The same loop over an empty application, and over that in header layers.

        Both of `cpu_ns`, in turns; two `Spent`s.
        """
        bare = empty_app(self.request.kind, self.status, self.body_bytes)
        layer = asgi_toll_layers.HeaderLayer
        layered = asgi_toll_layers.wrap(
            bare, [lambda app: layer(app, REFERENCE_HEADER)] * REFERENCE_LAYERS
        )
        paces = {app: Pace() for app in (bare, layered)}
        blocks = {app: [] for app in paces}
        with collector_off():
            for app, pace in paces.items():
                for times in REFERENCE_WARM_UP:
                    pace.learn(self.run(app, times))
            for _ in range(REFERENCE_TURNS):
                for app, pace in paces.items():
                    times = pace.requests_in(cpu_ns / REFERENCE_TURNS)
                    spent = self.run(app, times)
                    pace.learn(spent)
                    blocks[app].append(spent)
        return [total(spent) for spent in blocks.values()]


def total(blocks):
    """Some blocks as one."""
    clocks = [sum(getattr(spent, name) for spent in blocks)
              for name in ("wall_ns", "cpu_ns", "thread_cpu_ns")]  # fmt: skip
    return Spent(sum(b.requests for b in blocks), sum(b.wrong for b in blocks), clocks)


@contextlib.contextmanager
def collector_off(generation=2):
    """Collects garbage up to `generation`, and then not again until the end of the block."""
    gc.collect(generation)
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def empty_app(kind, status, body_bytes):
    """An application that does nothing but answer `body_bytes` bytes."""
    return EMPTY[kind](status, body_bytes)


def empty_http(status, body_bytes):
    """Answers without reading the request."""
    body = b"x" * body_bytes

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": body})

    return app


def empty_websocket(_status, body_bytes):
    """Accepts, reads one text, sends one."""
    text = "x" * body_bytes

    async def app(scope, receive, send):
        await receive()
        await send({"type": "websocket.accept", "headers": []})
        await receive()
        await send({"type": "websocket.send", "text": text})

    return app


EMPTY = {"http": empty_http, "websocket": empty_websocket}
