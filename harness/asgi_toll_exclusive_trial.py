"""Exclusive accounting held against layers of known cost.

By hand, to see how exact it is here:

    python3 asgi_toll_exclusive_trial.py [asyncio|uvloop] [slices]

What a layer costs is known from the same stack without it, and without shims, made
in turns with the slices: on the loop's thread, the loop's own work for it included.
"""

import asyncio
import sys
from itertools import repeat

from asgi_toll_calibration import NewTaskLayer, ThreadHopLayer
from asgi_toll_direct import Direct, collector_off, empty_http
from asgi_toll_exclusive import LEAD_IN, Exclusive, ExclusiveClock
from asgi_toll_exclusive_costs import median
from asgi_toll_exclusive_share import fastest, mean
from asgi_toll_layers import HeaderLayer, wrap
from asgi_toll_loops import new_loop
from asgi_toll_plant import SpinPlant, unspun
from asgi_toll_request import Request, ask
from asgi_toll_spin import loops_for

SLICE_NS = 10_000_000
TRUTH_NS = 700_000
TRUTH_BLOCKS = 6
WARM_UP_NS = 300_000_000
SLICES = 20


class SendSpinLayer:
    """Spins for each message that is sent."""

    def __init__(self, app, spin_ns):
        self.app = app
        self.loops = loops_for(spin_ns, unspun, beside=unspun)

    async def __call__(self, scope, receive, send):
        loops = self.loops

        async def send_late(message):
            for _ in repeat(None, loops):
                pass
            await send(message)

        await self.app(scope, receive, send_late)


class QueueLayer:
    """Runs what is below in a task of its own that sends through a queue."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        queue = asyncio.Queue()
        below = asyncio.get_running_loop().create_task(self.app(scope, receive, queue.put))
        more = True
        while more:
            message = await queue.get()
            more = message["type"] == "http.response.start" or message.get("more_body", False)
            await send(message)
        await below


LAYERS = {
    "spin-0": unspun,
    "spin-1us": lambda app: SpinPlant(app, 1_000),
    "spin-5us": lambda app: SpinPlant(app, 5_000),
    "spin-20us": lambda app: SpinPlant(app, 20_000),
    "send-5us": lambda app: SendSpinLayer(app, 5_000),
    "header": lambda app: HeaderLayer(app, (b"x-toll", b"1")),
    "new-task": NewTaskLayer,
    "queue": QueueLayer,
    "thread-hop": ThreadHopLayer,
}
STACK = ("spin-0", "spin-20us", "queue", "spin-1us", "header", "thread-hop",
         "spin-5us", "new-task", "send-5us", "spin-0", "spin-1us", "spin-5us")  # fmt: skip
WITHIN = tuple(name for name in STACK if name not in ("queue", "new-task", "thread-hop"))


class Trial:
    """A stack of known layers with shims, and without; and without each of its layers."""

    def __init__(self, names, loop_name="asyncio", layers=LAYERS):
        self.names = names
        self.loop = new_loop(loop_name)
        asyncio.set_event_loop(self.loop)
        self.request = Request({"type": "http", "path": "/"})
        self.bottom = empty_http(200, 10)
        made = [layers[name] for name in names]
        plain = wrap(self.bottom, made)
        self.answer = self.loop.run_until_complete(ask(plain, self.request))
        self.whole = self.direct(plain)
        self.without = [
            self.direct(wrap(self.bottom, made[:place] + made[place + 1 :]))
            for place in range(len(made))
        ]
        self.clock = ExclusiveClock(len(made))
        self.clock.install(self.loop)
        app = self.shimmed(made)
        self.exclusive = Exclusive(self.loop, self.clock, app, self.request, self.answer)

    def shimmed(self, layers):
        """The stack with a shim around each layer and around what is innermost."""
        app = self.clock.shim(len(layers), self.bottom)
        for index in reversed(range(len(layers))):
            app = self.clock.shim(index, layers[index](app))
        return app

    def direct(self, app):
        """Slices of a stack without shims."""
        return Direct(self.loop, app, self.request, self.answer)

    def warm_up(self, wall_ns=WARM_UP_NS):
        """Everything once, until nothing is new."""
        self.exclusive.warm_up(wall_ns)
        with self.clock.off(self.loop):
            for direct in (self.whole, *self.without):
                direct.warm_up(wall_ns // 4)

    def truth(self):
        """The whole without shims, and by how much it is less without each layer.

        Nanoseconds of the loop's thread per request.
        """
        stacks = (self.whole, *self.without)
        each = [[] for _ in stacks]
        with collector_off(), self.clock.off(self.loop):
            for _ in range(TRUTH_BLOCKS):
                for stack, seen in zip(stacks, each):
                    seen.append(request_ns(stack))
        whole, *without = (mean(fastest(seen, float)) for seen in each)
        return [whole] + [whole - less for less in without]

    def close(self):
        """Ends the loop."""
        self.clock.remove()
        self.loop.close()


def request_ns(direct):
    """One request of a stack without shims, by one block."""
    direct.run(direct.app, direct.pace.requests_in(TRUTH_NS * LEAD_IN))
    spent = direct.run(direct.app, direct.pace.requests_in(TRUTH_NS))
    direct.pace.learn(spent)
    return spent.thread_cpu_ns / spent.requests


def layer_ns(share):
    """What a `Share` says of each layer, the loop's work for it included."""
    return [own + loop for own, loop in zip(share.exclusive_ns[:-2], share.loop_ns)]


def compare(trial, slices):
    """Medians over some slices of the whole and of each layer: as known and as told."""
    known, told = [], []
    for _ in range(slices):
        known.append(trial.truth())
        share = trial.exclusive.slice(SLICE_NS)
        told.append([share.total_ns] + layer_ns(share))
    return medians(known), medians(told)


def medians(rows):
    """Column by column."""
    return [median(column) for column in zip(*rows)]


def report(loop_name="asyncio", slices=SLICES):
    """Prints how exact it is, with all kinds of layers and without those that leave the task."""
    for names in (STACK, WITHIN, WITHIN[::-1]):
        trial = Trial(names, loop_name)
        trial.warm_up()
        known, told = compare(trial, slices)
        trial.close()
        print(f"{loop_name}, {slices} slices; µs of the loop's thread: known, told, off")
        for name, known_ns, told_ns in zip(("whole", *names), known, told):
            off_ns = told_ns - known_ns
            print(f"  {name:12}{known_ns / 1e3:9.2f}{told_ns / 1e3:9.2f}{off_ns / 1e3:+8.2f}"
                  f"{off_ns / known_ns:+8.1%}")  # fmt: skip


if __name__ == "__main__":
    report(*sys.argv[1:2], *map(int, sys.argv[2:3]))
