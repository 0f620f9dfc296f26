"""Exclusive accounting held against layers of known cost.

By hand, to see how exact it is here:

    python3 harness/tests/exclusive_trial.py [asyncio|uvloop] [slices]

Layers that spin carry a stopwatch, so that what they took is known for the very
requests that they were read in: on a machine that is not quiet, nothing else is
known as well. Of the others it is known from the same stack without them, and
without shims, made in turns with the slices: what they cost on the loop's thread,
the loop's own work for them included.
"""

import asyncio
import functools
import sys
import time
from itertools import repeat
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from asgi_toll_calibration import NewTaskLayer, ThreadHopLayer  # noqa: E402
from asgi_toll_direct import Direct, collector_off, empty_http  # noqa: E402
from asgi_toll_exclusive import LEAD_IN, Exclusive, ExclusiveClock  # noqa: E402
from asgi_toll_exclusive_costs import median  # noqa: E402
from asgi_toll_exclusive_share import fastest, mean, share_out  # noqa: E402
from asgi_toll_layers import HeaderLayer, wrap  # noqa: E402
from asgi_toll_loops import new_loop  # noqa: E402
from asgi_toll_plant import SpinPlant, unspun  # noqa: E402
from asgi_toll_request import Request, ask  # noqa: E402
from asgi_toll_spin import loops_for  # noqa: E402

SLICE_NS = 10_000_000
TRUTH_NS = 700_000
TRUTH_BLOCKS = 6
WARM_UP_NS = 300_000_000
SLICES = 20
WATCHED_BLOCKS = 12
BASE_DEPTH = 6
BASE_BLOCKS = 15
BASE_REQUESTS = 50


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
WATCHED = (
    ("spin-0", "spin-20us", "spin-1us", "header", "spin-5us", "spin-0",
     "spin-20us", "send-5us", "spin-1us", "spin-5us", "spin-1us", "spin-0"),
    ("spin-0", "spin-20us", "spin-1us", "queue", "spin-5us", "spin-0",
     "header", "new-task", "spin-1us", "spin-20us", "spin-5us", "spin-0"),
    ("spin-0", "spin-20us", "spin-1us", "queue", "spin-5us", "spin-0",
     "thread-hop", "new-task", "spin-1us", "spin-20us", "spin-5us", "spin-0"),
)  # fmt: skip
ALONE = (("spin-0",) * 8, ("queue",) * 3, ("new-task",) * 3, ("thread-hop",))


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


class StopwatchPlant(SpinPlant):
    """Spins, and adds up how long."""

    spent_ns = 0

    async def __call__(self, scope, receive, send):
        begun = time.perf_counter_ns()
        for _ in repeat(None, self.loops):
            pass
        self.spent_ns += time.perf_counter_ns() - begun
        await self.app(scope, receive, send)


class StopwatchTrial(Trial):
    """A trial of layers with stopwatches."""

    def __init__(self, names, loop_name):
        self.watches = {}
        spinning = {"spin-0": 0, "spin-1us": 1_000, "spin-5us": 5_000, "spin-20us": 20_000}
        made = {
            name: functools.partial(StopwatchPlant, spin_ns=ns) for name, ns in spinning.items()
        }
        super().__init__(names, loop_name, dict(LAYERS, **made))
        self.read_block = self.exclusive.read_block
        self.exclusive.read_block = self.read_watched

    def shimmed(self, layers):
        """As ever; the layers with stopwatches are remembered."""
        return super().shimmed([self.remembering(*pair) for pair in enumerate(layers)])

    def remembering(self, index, layer):
        """`layer`, remembered as that of `index` if it has a stopwatch."""

        def make(app):
            made = layer(app)
            if isinstance(made, StopwatchPlant):
                self.watches[index] = made
            return made

        return make

    async def read_watched(self, direct, times):
        """A block, and what the stopwatches say of it."""
        for watch in self.watches.values():
            watch.spent_ns = 0
        part = await self.read_block(direct, times)
        part.watched_ns = {index: w.spent_ns / times for index, w in self.watches.items()}
        return part

    def slice(self):
        """The `Share` of one slice, and by index what the stopwatches say of the same blocks."""
        exclusive = self.exclusive
        with collector_off():
            with self.clock.off(self.loop):
                exclusive.calibration.again()
            parts = exclusive.parts(WATCHED_BLOCKS, SLICE_NS / WATCHED_BLOCKS)
        # A stopwatch does not know of preemptions.
        parts = [part for part in parts if not part.disturbed] or parts
        kept = fastest(parts, lambda part: part.cpu_ns)
        watched = {i: mean(part.watched_ns[i] for part in kept) for i in self.watches}
        return share_out(parts, exclusive.calibration.costs()), watched

    def base_ns(self):
        """What a layer with a stopwatch takes that is not on it, without shims."""
        layers = []
        app = self.bottom
        for _ in range(BASE_DEPTH):
            app = StopwatchPlant(app, 0)
            layers.append(app)
        bare, stack = self.direct(self.bottom), self.direct(app)
        seen = []
        with collector_off(), self.clock.off(self.loop):
            for _ in range(BASE_BLOCKS):
                both_ns = request_ns(stack) - request_ns(bare)
                for layer in layers:
                    layer.spent_ns = 0
                stack.run(app, BASE_REQUESTS)
                on_it_ns = sum(layer.spent_ns for layer in layers) / BASE_REQUESTS
                seen.append((both_ns - on_it_ns) / BASE_DEPTH)
        return median(seen)


def report(loop_name="asyncio", slices=SLICES):
    """Prints how exact it is."""
    print(f"{loop_name}, Python {sys.version.split()[0]}, medians of {slices} slices, in µs")
    for names in WATCHED:
        report_watched(names, loop_name, slices)
    print("alone on the loop's thread: known, told, off")
    for names in ALONE:
        trial = Trial(names, loop_name)
        trial.warm_up()
        known, told = compare(trial, slices)
        trial.close()
        for name, known_ns, told_ns in zip(("whole", *names), known, told):
            off_ns = told_ns - known_ns
            print(f"  {name:12}{known_ns / 1e3:9.2f}{told_ns / 1e3:9.2f}{off_ns / 1e3:+8.2f}")


def report_watched(names, loop_name, slices):
    """The same of one stack of layers, those with stopwatches against these."""
    trial = StopwatchTrial(names, loop_name)
    trial.warm_up()
    base_ns = trial.base_ns()
    plain, totals, known, told = [], [], [], []
    for _ in range(slices):
        plain.append(trial.truth()[0])
        share, watched = trial.slice()
        totals.append(share.total_ns)
        known.append([watched[index] + base_ns for index in trial.watches])
        told.append([share.exclusive_ns[index] for index in trial.watches])
    trial.close()
    print(
        f"whole {median(plain) / 1e3:.2f}, told {median(totals) / 1e3:.2f}; by stopwatch, told, off"
    )
    off = [[b - a for a, b in zip(*pair)] for pair in zip(known, told)]
    for index, *row in zip(trial.watches, medians(known), medians(told), medians(off)):
        print("  {:2} {:12}{:9.2f}{:9.2f}{:+8.2f}".format(index, names[index],
                                                         *(ns / 1e3 for ns in row)))  # fmt: skip


if __name__ == "__main__":
    report(*sys.argv[1:2], *map(int, sys.argv[2:3]))
