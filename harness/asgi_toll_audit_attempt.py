"""Runs on a loop what may hang, exit or raise anything, and leaves the loop usable."""

import asyncio
import contextlib

from asgi_toll_alarm import TimedOut, alarm
from asgi_toll_failure import (
    APP_EXITED,
    APP_RAISED,
    TIMED_OUT,
    Failure,
    last_lines,
    where_it_waits,
)

# An attempt may take this share of the time that its order has, and no longer than so.
SHARE = 1 / 3
LONGEST_S = 5
# What waits is cancelled; what blocks the loop is ended by a signal, so much later. Within the
# loop's own code a signal would break it.
LATER = 1.5
# A task that is cancelled has this share of the patience to end.
GRACE = 0.1
# A task may ignore that it is cancelled, and may have been waited for by others.
TURNS = 3


def patience_of(timeout_s):
    """How long an attempt may take within an order that may take `timeout_s`."""
    return min(timeout_s * SHARE, LONGEST_S)


@contextlib.contextmanager
def attempt(loop, patience_s):
    """Whatever the block ends with is a `Failure`; tasks that are left of it then are ended."""
    before = asyncio.all_tasks(loop)
    try:
        with alarm(LATER * patience_s):
            yield
    except Failure:
        end_tasks(loop, before, GRACE * patience_s)
        raise
    except BaseException as error:
        end_tasks(loop, before, GRACE * patience_s)
        raise failure_of(error, patience_s) from error


async def in_time(body, patience_s):
    """What the coroutine `body` gives, if it gives it in time."""
    task = asyncio.ensure_future(body)
    task.add_done_callback(look_at)
    await asyncio.wait([task], timeout=patience_s)
    if not task.done():
        raise too_long(patience_s, where_it_waits(task))
    return task.result()


def look_at(task):
    """Takes note of what a task ended with: otherwise asyncio logs that nobody did."""
    if not task.cancelled():
        task.exception()


def too_long(patience_s, lines):
    return Failure(TIMED_OUT, f"no answer after {patience_s:g} s", lines)


def failure_of(error, patience_s):
    """The failure that an exception of any kind is."""
    if isinstance(error, TimedOut):
        return too_long(patience_s, last_lines(error))
    exited = isinstance(error, (SystemExit, KeyboardInterrupt))
    return Failure.of(APP_EXITED if exited else APP_RAISED, error)


def end_tasks(loop, besides, patience_s):
    """Cancels all tasks `besides` some, until none is left or nothing helps."""
    for _ in range(TURNS):
        left = asyncio.all_tasks(loop) - besides
        if not left:
            return
        for task in left:
            task.add_done_callback(look_at)
            task.cancel()
        # What they raise meanwhile is of what has failed already.
        with contextlib.suppress(BaseException), alarm(LATER * patience_s):
            loop.run_until_complete(asyncio.wait(left, timeout=patience_s))
