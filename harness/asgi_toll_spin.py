"""How many turns of an empty loop take a wanted time, in this process, now.

The same loop takes twice as long on another machine, another Python, or before
the interpreter has specialised it, and a short loop does not cost its share of a
long one. So the turns are not worked out but tried: on the layers themselves,
warm, against as many layers that do not spin, until the difference is the time
that was asked for.
"""

import time

from asgi_toll_layers import PassLayer, wrap

DEPTH = 10
BLOCK_NS = 2_000_000
WARM_UP = 300
TRIALS = 7
STEPS = 4
LONG_LOOPS = 500
# Less than this is not waited for with more calls: a layer costs about as much itself.
LEAST_NS = 100
HTTP = {"type": "http"}

_KNOWN = {}


async def _bottom(scope, receive, send):
    pass


def _call_ns(app, calls):
    """CPU of one call, in nanoseconds."""
    before = time.thread_time_ns()
    for _ in range(calls):
        try:
            app(HTTP, None, None).send(None)
        except StopIteration:
            pass
    return (time.thread_time_ns() - before) / calls


class _Bench:
    """Layers that spin beside layers that do not."""

    def __init__(self, make, beside):
        self.layers = []
        self.spinning = wrap(_bottom, [lambda app: self.keep(make(app))] * DEPTH)
        self.beside = wrap(_bottom, [beside] * DEPTH)
        _call_ns(self.beside, WARM_UP)
        _call_ns(self.spinning, WARM_UP)

    def keep(self, layer):
        """Remembers a layer, so that its turns can be set."""
        self.layers.append(layer)
        return layer

    def extra_ns(self, loops, expected_ns):
        """What one layer costs more with `loops` turns; the median of some trials in turn."""
        for layer in self.layers:
            layer.loops = loops
        calls = max(2, round(BLOCK_NS / (DEPTH * max(expected_ns, LEAST_NS))))
        trials = [
            _call_ns(self.spinning, calls) - _call_ns(self.beside, calls) for _ in range(TRIALS)
        ]
        return sorted(trials)[TRIALS // 2] / DEPTH


def loops_for(spin_ns, make, beside=PassLayer):
    """Turns that let a layer spend `spin_ns` more than one of `beside` does.

    `make` gives such a layer around an application; its turns are in `loops`.
    Beside `PassLayer`, the loop statement is part of what is spent.
    """
    wanted = (spin_ns, beside)
    if wanted not in _KNOWN:
        _KNOWN[wanted] = calibrate(spin_ns, make, beside)
    return _KNOWN[wanted]


def calibrate(spin_ns, make, beside):
    """The turns, tried out."""
    bench = _Bench(make, beside)
    long_ns = bench.extra_ns(LONG_LOOPS, LONG_LOOPS)
    turn_ns = long_ns / LONG_LOOPS
    loops = round(spin_ns / turn_ns)
    for _ in range(STEPS):
        missing_ns = spin_ns - bench.extra_ns(loops, spin_ns)
        loops = max(1, round(loops + missing_ns / turn_ns))
    return loops


def forget():
    """Lets the next layer be calibrated anew."""
    _KNOWN.clear()
