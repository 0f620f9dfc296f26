"""The clock of exclusive accounting: shims, and what they need of a loop.

    outside → shim 0 → layer 0 → shim 1 → layer 1 → … → shim n → innermost application

The loop's thread is one line of time. Wherever it goes from one layer to another
(a call, a message, a task resumed) a shim marks who has it from then on. Time in
`receive` and `send` is that of the layer which handed them in.
"""

import time

from asgi_toll_exclusive_log import Log
from asgi_toll_exclusive_shims import arounds, calls, make_shim
from asgi_toll_exclusive_tasks import stepper, task_factory
from asgi_toll_exclusive_threads import Threads, watch_anyio, watch_executors


class ExclusiveClock:
    """Shims of one application with a number of layers.

    Owner `layers` is the innermost application, owner `layers + 1` what is outside.
    Made in the thread that runs the loop. The log grows until `read` or `reset`.
    """

    def __init__(self, layers):
        self.log = Log(layers)
        self.owners = self.log.owners
        self.threads = Threads(self.log)
        self.steps = stepper(self.log)
        # awaits factory(*args) as layer index
        self.around = arounds(self.log, self.steps)
        # calls function(*args) as layer index
        self.call = calls(self.log, self.threads.call)
        self.undoing = []

    def shim(self, index, app):
        """`app` as layer `index`."""
        return make_shim(self.log, self.steps, index, app)

    def install(self, loop):
        """From now on, tasks and threads of `loop` belong to who asks for them."""
        self.remove()
        before = loop.get_task_factory()
        loop.set_task_factory(task_factory(self.log, self.steps, before))
        self.undoing = [
            lambda: loop.set_task_factory(before),
            watch_executors(loop, self.threads),
            watch_anyio(self.threads),
            watch_selector(getattr(loop, "_selector", None), self.log),
        ]
        self.log.tells_waits = self.undoing[-1] is not None

    def remove(self):
        """Undoes `install`."""
        undoing, self.undoing = self.undoing, []
        for undo in reversed(undoing):
            if undo is not None:
                undo()

    def off(self, loop):
        """A context in which `loop` is as it is without this clock."""
        return Off(self, loop)

    def reset(self):
        """Forgets what was seen so far."""
        self.log.reset()

    def read(self):
        """The `Reading` of what was seen since `reset`."""
        return self.log.fold()


class Off:
    """Takes a clock off a loop, and puts it on again if it was on."""

    def __init__(self, clock, loop):
        self.clock = clock
        self.loop = loop
        self.was_on = bool(clock.undoing)

    def __enter__(self):
        self.clock.remove()

    def __exit__(self, *_error):
        if self.was_on:
            self.clock.install(self.loop)


def watch_selector(selector, log):
    """Marks where the loop waits; a function that undoes it. None for uvloop: it has none."""
    if selector is None or not hasattr(selector, "__dict__"):
        return None
    select, had = selector.select, vars(selector).get("select")
    now, mark, stamp = log.now, log.marks.append, log.stamps.append
    idle, working = log.owners.idle, log.owners.loop
    cpu, spent = time.thread_time_ns, log.waits_cpu.append

    def watched_select(timeout=None):
        if timeout is not None and timeout <= 0:
            return select(timeout)
        mark(idle)
        stamp(now())
        before = cpu()
        try:
            return select(timeout)
        finally:
            spent(cpu() - before)
            mark(working)
            stamp(now())

    selector.select = watched_select

    def undo():
        if had is None:
            del selector.select
        else:
            selector.select = had

    return undo
