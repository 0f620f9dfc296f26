"""Pure ASGI layers whose CPU cost is known, because it was tried out when they were made.

A turn of the loop costs what this interpreter on this machine makes it cost, and a short loop
among other code costs more than its share of a long one. So a few lengths are tried, once in a
process: in layers of a real application, each in turn against the same layers that do not turn.
The turns for a wanted time lie between them. After that no layer ever looks at a clock.

The loop is one of C: a loop of Python costs up to a tenth more or less with the place in memory
that the frame of its layer happens to have.
"""

import asyncio
import time
from collections import deque
from functools import cache
from itertools import pairwise, repeat
from statistics import median

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import JSONResponse
from starlette.routing import Route

STACKED = 10
CALLS = 10
WARM_UP, ROUNDS = 30, 120
LENGTHS = (100, 300, 900, 2700, 8100)
COUNTER = "planted.inside"


def spin(turns):
    deque(repeat(None, turns), maxlen=0)


class SpinLayer:
    """Spends `cost` microseconds more than one whose cost is 0."""

    def __init__(self, app, cost=0.0, turns=None):
        self.app = app
        self.turns = turns_for(cost) if turns is None else turns

    async def __call__(self, scope, receive, send):
        if scope["type"] == "http":
            spin(self.turns)
        await self.app(scope, receive, send)


class HopLayer(SpinLayer):
    """Spends it in a thread of the event loop's pool."""

    async def __call__(self, scope, receive, send):
        if scope["type"] == "http":
            await asyncio.to_thread(spin, self.turns)
        await self.app(scope, receive, send)


class QuadraticLayer(SpinLayer):
    """Spends `company` microseconds more for each layer of this class inside it.

    How many there are is seen anew in each request, on the way out: every one adds itself.
    """

    def __init__(self, app, cost=0.0, company=1.0):
        super().__init__(app, cost)
        self.company = company

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        spin(self.turns)
        inside = scope.setdefault(COUNTER, [0])
        await self.app(scope, receive, send)
        spin(turns_for(self.company * inside[0]))
        inside[0] += 1


async def answer(request):
    return JSONResponse({"layers": STACKED})


def stack(turns):
    """An application whose layers turn `turns` times each."""
    layers = [Middleware(SpinLayer, turns=turns) for _ in range(STACKED)]
    return Starlette(routes=[Route("/", answer)], middleware=layers)


async def receive():
    return {"type": "http.request", "body": b"", "more_body": False}


async def send(message):
    pass


def ask(app):
    """CPU microseconds of a request for each layer."""
    scopes = [{"type": "http", "method": "GET", "path": "/", "headers": []} for _ in range(CALLS)]
    start = time.thread_time_ns()
    for scope in scopes:
        try:
            app(scope, receive, send).send(None)
        except StopIteration:
            pass
    return (time.thread_time_ns() - start) / CALLS / STACKED / 1000


@cache
def curve():
    """How many microseconds a layer spends for some numbers of turns."""
    still, apps = stack(0), [stack(turns) for turns in LENGTHS]
    rounds = [[ask(app) - ask(still) for app in apps] for _ in range(WARM_UP + ROUNDS)]
    # A neighbour on the machine slows it down for moments; the slower rounds are left out.
    quiet = sorted(rounds[WARM_UP:], key=lambda extras: extras[-1])[: ROUNDS // 2]
    return [(0, 0.0), *zip(LENGTHS, map(median, zip(*quiet, strict=True)), strict=True)]


@cache
def turns_for(cost):
    """How many turns cost `cost` microseconds in a layer."""
    if not cost:
        return 0
    pieces = list(pairwise(curve()))
    (fewer, less), (more, longer) = next((p for p in pieces if cost <= p[1][1]), pieces[-1])
    return max(1, round(fewer + (cost - less) * (more - fewer) / (longer - less)))
