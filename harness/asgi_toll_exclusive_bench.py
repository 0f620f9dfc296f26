"""Stacks of layers that do nothing, with shims and without: what crossings cost is read here."""

import asyncio
import functools
import time
import types
from itertools import repeat

from asgi_toll_exchange import HttpExchange
from asgi_toll_exclusive_clock import ExclusiveClock, watch_selector
from asgi_toll_exclusive_costs import middle, solve
from asgi_toll_exclusive_tasks import task_factory
from asgi_toll_exclusive_threads import watch_executors
from asgi_toll_layers import PassLayer, wrap

DEPTH = 8
MESSAGES = 4
TIMES = 40
STEPS = 10
ROUNDS = 15
WARM_UP = 3
# A block that another process was let into is made again, if it can be had without.
STOLEN_NS = 15_000
TRIES = 5
START = {"type": "http.response.start", "status": 200, "headers": []}
BODY = {"type": "http.response.body", "body": b"", "more_body": True}


class SendLayer(PassLayer):
    """Has a `send` of its own, and that does nothing."""

    async def __call__(self, scope, receive, send):
        async def send_on(message):
            await send(message)

        await self.app(scope, receive, send_on)


class ReceiveLayer(PassLayer):
    """Has a `receive` of its own, and that does nothing."""

    async def __call__(self, scope, receive, send):
        async def receive_on():
            return await receive()

        await self.app(scope, receive_on, send)


async def bottom(scope, receive, send):
    """Does nothing."""


async def bottom_send(scope, receive, send):
    """Sends `MESSAGES` messages."""
    await send(START)
    await send(BODY)
    await send(BODY)
    await send(BODY)


async def bottom_receive(scope, receive, send):
    """Receives `MESSAGES` messages."""
    await receive()
    await receive()
    await receive()
    await receive()


@types.coroutine
def give_way():
    """Lets the loop go on."""
    yield


async def waiting(times):
    """Gives way again and again."""
    for _ in repeat(None, times):
        await give_way()


def turning(times):
    """The same without a coroutine."""
    for _ in repeat(None, times):
        yield


def nothing():
    """A function that does nothing."""


async def no_receive():
    """The other end of `receive`."""


STACKS = {
    "pass": (PassLayer, bottom),
    ("send", MESSAGES): (SendLayer, bottom_send),
    ("send", 0): (SendLayer, bottom),
    ("receive", MESSAGES): (ReceiveLayer, bottom_receive),
    ("receive", 0): (ReceiveLayer, bottom),
}


async def drive(app, request, times):
    """Nanoseconds that `times` requests take, each with its scope and its exchange."""
    scope_of, receive = request.scope, no_receive
    begun = time.perf_counter_ns()
    for _ in repeat(None, times):
        exchange = HttpExchange(())
        await app(scope_of(), receive, exchange.send)
    return time.perf_counter_ns() - begun


async def drive_nothing(_app, request, times):
    """The same without the application."""
    scope_of = request.scope
    begun = time.perf_counter_ns()
    for _ in repeat(None, times):
        HttpExchange(())
        scope_of()
    return time.perf_counter_ns() - begun


async def drive_turns(_function, _request, times):
    """The same for nothing at all."""
    begun = time.perf_counter_ns()
    for _ in repeat(None, times):
        pass
    return time.perf_counter_ns() - begun


async def drive_call(function, _request, times):
    """The same for calls of a function."""
    begun = time.perf_counter_ns()
    for _ in repeat(None, times):
        function()
    return time.perf_counter_ns() - begun


async def drive_steps(make, _request, times):
    """The same for coroutines that are driven to their end by hand, as a task does it."""
    spent = 0
    for _ in repeat(None, times):
        step = make().send
        begun = time.perf_counter_ns()
        try:
            while True:
                step(None)
        except StopIteration:
            spent += time.perf_counter_ns() - begun
    return spent


async def drive_create(make, _request, times):
    """The same for tasks, only to make them."""
    loop = asyncio.get_running_loop()
    made = []
    begun = time.perf_counter_ns()
    for _ in repeat(None, times):
        made.append(loop.create_task(make(0)))
    spent = time.perf_counter_ns() - begun
    await asyncio.wait(made)
    return spent


class Read:
    """What a clock has read of one stack, per request."""

    def __init__(self, reading, wall_ns, times):
        owners = reading.owners
        self.layers_ns = sum(reading.raw_ns[: owners.layers]) / times
        self.bottom_ns = reading.raw_ns[owners.innermost] / times
        self.wall_ns = wall_ns / times
        # All but what the shims do between two readings of their own.
        self.total_ns = (wall_ns - reading.raw_ns[owners.toll]) / times
        self.entry_ns = [sum(spent) for spent in reading.entry_ns]
        self.entries = [sum(number) for number in reading.entries]
        self.threads_ns = reading.threads_ns[owners.innermost] / times


class Round:
    """One round of measurements, nanoseconds per request."""

    depth, messages, steps = DEPTH, MESSAGES, STEPS + 1

    def __init__(self, plain, read):
        self.plain = plain
        self.read = read


class Bench:
    """The stacks on one loop."""

    def __init__(self, loop, request):
        self.loop = loop
        self.request = request
        self.clock = ExclusiveClock(DEPTH)
        stacks = {name: wrap(app, [layer] * DEPTH) for name, (layer, app) in STACKS.items()}
        self.plain = {name: (drive, app) for name, app in stacks.items()}
        self.plain.update(PLAIN)
        self.shimmed = {name: (drive, self.between(*parts)) for name, parts in STACKS.items()}
        self.shimmed.update(by_hand(self.clock))

    def between(self, layer, app):
        """Such a stack with a shim around each layer and the bottom."""
        app = self.clock.shim(DEPTH, app)
        for index in reversed(range(DEPTH)):
            app = self.clock.shim(index, layer(app))
        return app

    def round(self):
        """Everything once."""
        plain = {name: self.undisturbed(*what)[0] / TIMES for name, what in self.plain.items()}
        self.clock.install(self.loop)
        try:
            read = {name: self.read(*what) for name, what in self.shimmed.items()}
        finally:
            self.clock.remove()
        return Round(plain, read)

    def read(self, driver, subject):
        """What the clock reads of one request."""
        wall_ns, reading = self.undisturbed(driver, subject)
        return Read(reading, wall_ns, TIMES)

    def undisturbed(self, driver, subject):
        """Wall time of `TIMES` requests and the reading; of some tries the least disturbed."""
        tries = []
        for _ in range(TRIES):
            self.clock.reset()
            before = time.perf_counter_ns() - time.thread_time_ns()
            wall_ns = self.loop.run_until_complete(driver(subject, self.request, TIMES))
            stolen_ns = time.perf_counter_ns() - time.thread_time_ns() - before
            tries.append((stolen_ns, wall_ns, self.clock.read()))
            if stolen_ns < STOLEN_NS:
                break
        return min(tries, key=lambda tried: tried[0])[1:]


class Bare:
    """What is watched of a loop, with nothing behind it."""

    def run_in_executor(self, _executor, _function):
        """Does not run it."""

    def select(self, _timeout=None):
        """Finds nothing."""


PLAIN = {
    "nothing": (drive_nothing, None),
    "bottom": (drive, bottom),
    ("bottom", "send"): (drive, bottom_send),
    ("bottom", "receive"): (drive, bottom_receive),
    "no function": (drive_turns, None),
    "function": (drive_call, nothing),
    "call": (drive_call, lambda: nothing()),
    "task": (drive_steps, lambda: waiting(0)),
    "create": (drive_create, waiting),
    "steps": (drive_steps, lambda: waiting(STEPS)),
    "turns": (drive_steps, lambda: turning(STEPS)),
    "hop": (drive_call, functools.partial(Bare().run_in_executor, None, nothing)),
    "poll": (drive_call, functools.partial(Bare().select, 0)),
}


def by_hand(clock):
    """What is handed to the clock itself, as in `PLAIN`."""
    inside, steps, threads = clock.owners.innermost, clock.steps, clock.threads
    make = task_factory(clock.log, steps, lambda loop, coro, **options: coro)
    executors, selector = Bare(), Bare()
    watch_executors(executors, threads)
    watch_selector(selector, clock.log)
    return {
        "around": (drive, functools.partial(clock.around, inside, bottom)),
        "call": (drive_call, lambda: clock.call(inside, nothing)),
        "thread": (drive_call, lambda: threads.timed(inside, nothing)),
        "task": (drive_steps, lambda: make(None, waiting(0))),
        "create": (drive_create, waiting),
        "steps": (drive_steps, lambda: steps(waiting(STEPS), inside)),
        "hop": (drive_call, functools.partial(executors.run_in_executor, None, nothing)),
        "poll": (drive_call, functools.partial(selector.select, 0)),
    }


class Calibration:
    """Costs that are measured again and again, because the machine does not stay the same."""

    def __init__(self, loop, request, rounds=ROUNDS):
        self.bench = Bench(loop, request)
        self.kept = rounds
        self.rounds = []
        for _ in range(WARM_UP + rounds):
            self.again()

    def again(self):
        """One more round; the oldest is forgotten."""
        self.rounds.append(solve(self.bench.round()))
        del self.rounds[: -self.kept]

    def costs(self):
        """The `Costs` as they are now."""
        return middle(self.rounds)


def calibrate(loop, request, rounds=ROUNDS):
    """What crossings cost on `loop` in this process now; measured anew by its `again`."""
    return Calibration(loop, request, rounds)
