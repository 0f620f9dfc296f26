"""Tasks under exclusive accounting: each one goes on as the owner that it stopped in.

Within a task the owner changes only where a shim is entered or left, and a task
that waits keeps its place. So it is enough to look at its outermost level: there
every resumption comes in, and every wait goes out.
"""

import asyncio
import types

from asgi_toll_exclusive_log import MAKE, RESUME


def stepper(log):
    """An awaitable function: steps a coroutine as `owner`, and as who it stopped in."""
    at, now, mark, stamp = log.at, log.now, log.marks.append, log.stamps.append
    push = log.owners.mark(RESUME, 0)

    @types.coroutine
    def steps(coro, owner):
        send = step = coro.send
        value = None
        while True:
            back = at[0]
            at[0] = owner
            mark(push + owner)
            stamp(now())
            try:
                wanted = step(value)
            except StopIteration as end:
                return end.value
            finally:
                # An exception must not be kept by the frame that it went through.
                value = None
                owner = at[0]
                at[0] = back
                mark(back)
                stamp(now())
            try:
                value = yield wanted
                step = send
            except BaseException as error:
                step, value = coro.throw, error

    return steps


class Start:
    """A coroutine that a task is made for, and who made it.

    A task that is cancelled before its first step never looks in here: then the
    coroutine ends as it would have ended in that task, without a warning.
    """

    __slots__ = ("coro", "owner")

    def __init__(self, coro, owner):
        self.coro = coro
        self.owner = owner

    def take(self):
        """The coroutine, which is the caller's from now on."""
        coro, self.coro = self.coro, None
        return coro

    def __del__(self):
        if self.coro is not None:
            self.coro.close()


def owned(steps, coro, owner):
    """A coroutine that runs `coro` for `owner`, and has its names."""

    async def run(start):
        return await steps(start.take(), start.owner)

    wrapped = run(Start(coro, owner))
    wrapped.__name__ = getattr(coro, "__name__", wrapped.__name__)
    wrapped.__qualname__ = getattr(coro, "__qualname__", wrapped.__qualname__)
    return wrapped


def task_factory(log, steps, before):
    """Tasks belong to who makes them. `before` is the factory so far, or None."""
    at, now, mark, stamp = log.at, log.now, log.marks.append, log.stamps.append
    there = log.owners.mark(MAKE, log.owners.toll)
    loop_owner, outside = log.owners.loop, log.owners.outside
    make = before or make_task

    def factory(loop, coro, **options):
        maker = at[0]
        mark(there)
        stamp(now())
        try:
            # What is no coroutine is refused by the task, as ever.
            if asyncio.iscoroutine(coro):
                coro = owned(steps, coro, outside if maker == loop_owner else maker)
        finally:
            mark(maker)
            stamp(now())
        return make(loop, coro, **options)

    return factory


def make_task(loop, coro, **options):
    """What a loop does without a factory."""
    return asyncio.Task(coro, loop=loop, **options)
