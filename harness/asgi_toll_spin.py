"""How many turns of an empty loop take a wanted time, in this process, now.

The same loop takes twice as long on another machine, another Python, or before
the interpreter has specialised it. So it is timed where it will run: in a
coroutine like a layer's `__call__`, warm, held against one without a loop.

`repeat` and not `range`, whose turns become dearer beyond 256: small numbers
are kept by the interpreter, larger ones are made anew.
"""

import time
from itertools import repeat

WARM_UP = 2000
CALLS = 400
TRIALS = 31
LONG_LOOPS = 1000

_NS_PER_LOOP = []


class _Spun:
    """Like a layer: the number of turns is read from `self`."""

    def __init__(self, loops):
        self.loops = loops

    async def __call__(self, scope, receive, send):
        for _ in repeat(None, self.loops):
            pass


class _Plain:
    """The same without the loop."""

    async def __call__(self, scope, receive, send):
        pass


def _call_ns(layer, calls):
    """CPU of one call, in nanoseconds."""
    before = time.thread_time_ns()
    for _ in range(calls):
        try:
            layer(None, None, None).send(None)
        except StopIteration:
            pass
    return (time.thread_time_ns() - before) / calls


def _median(values):
    return sorted(values)[len(values) // 2]


def calibrate():
    """Nanoseconds of one turn, and of a loop without turns: `(turn_ns, fixed_ns)`.

    Three lengths in turn, so that the machine's drift is in all of them.
    """
    plain, empty, long = _Plain(), _Spun(0), _Spun(LONG_LOOPS)
    for layer in (plain, empty, long):
        _call_ns(layer, WARM_UP // 10 if layer is long else WARM_UP)
    turns, fixed = [], []
    for _ in range(TRIALS):
        plain_ns = _call_ns(plain, CALLS)
        empty_ns = _call_ns(empty, CALLS)
        long_ns = _call_ns(long, CALLS // 10)
        turns.append((long_ns - empty_ns) / LONG_LOOPS)
        fixed.append(empty_ns - plain_ns)
    return _median(turns), _median(fixed)


def loops_for(spin_ns):
    """Turns of the loop that take `spin_ns`, the loop statement itself included."""
    if not _NS_PER_LOOP:
        _NS_PER_LOOP.append(calibrate())
    turn_ns, fixed_ns = _NS_PER_LOOP[0]
    return max(0, round((spin_ns - fixed_ns) / turn_ns))
