"""Exclusive accounting: what each layer takes by itself, with what measuring costs taken out.

Beside `asgi_toll_direct`: the same requests, with shims between the layers
(`asgi_toll_exclusive_clock`).
"""

import time

try:
    import resource
except ImportError:  # not on Windows
    resource = None

from asgi_toll_direct import Direct, block, collector_off
from asgi_toll_exclusive_bench import calibrate
from asgi_toll_exclusive_clock import ExclusiveClock
from asgi_toll_exclusive_costs import median
from asgi_toll_exclusive_repair import LEAST_NS, repair, stolen
from asgi_toll_exclusive_share import Part, share_out

__all__ = ["Exclusive", "ExclusiveClock", "calibrate"]

# Short enough that another process is not let into most of them.
BLOCK_NS = 1_000_000
LEAST_BLOCKS = 5
# The calibration has had the caches until now: so much of a block is made before it.
LEAD_IN = 0.5
# So many blocks may be made instead of disturbed ones, as a share of those wanted.
SPARE = 1.0
CPU_CLOCK_READINGS = 101


class Exclusive:
    """Slices of one application that has the shims of `clock` between its layers.

    `clock` is installed on `loop`. `answer` is the exchange of the first request.
    """

    def __init__(self, loop, clock, app, request, answer):
        self.loop = loop
        self.clock = clock
        self.direct = Direct(loop, app, request, answer)
        with clock.off(loop):
            self.calibration = calibrate(loop, request)
        self.cpu_clock_ns = cpu_clock_ns()

    def warm_up(self, wall_ns):
        """Makes requests for about `wall_ns`; how many."""
        made = self.direct.warm_up(wall_ns)
        self.clock.reset()
        return made

    def slice(self, cpu_ns):
        """One slice of about `cpu_ns`; the `Share` of each layer."""
        wanted = max(LEAST_BLOCKS, round(cpu_ns / BLOCK_NS))
        with collector_off():
            with self.clock.off(self.loop):
                self.calibration.again()
            parts = self.parts(wanted, cpu_ns / wanted)
        return share_out(parts, self.calibration.costs())

    def parts(self, wanted, cpu_ns):
        """So many blocks, undisturbed ones if enough of those can be had."""
        quiet, disturbed = [], []
        while len(quiet) < wanted and len(disturbed) <= SPARE * wanted:
            part = self.part(cpu_ns)
            (disturbed if part.disturbed else quiet).append(part)
        return quiet if 2 * len(quiet) >= wanted else quiet + disturbed

    def part(self, cpu_ns):
        """One block after a lead-in."""
        direct = self.direct
        direct.run(direct.app, direct.pace.requests_in(cpu_ns * LEAD_IN))
        times = direct.pace.requests_in(cpu_ns)
        part = self.loop.run_until_complete(self.read_block(direct, times))
        direct.pace.learn(part.spent)
        return part

    async def read_block(self, direct, times):
        """The log begins and ends within the task, as the block's own clocks do."""
        log = self.clock.log
        self.clock.reset()
        switches = involuntary_switches()
        spent = await block(direct.app, direct.request, times, direct.status, direct.body_bytes)
        switches = involuntary_switches() - switches
        stolen_ns = max(0, stolen(log, spent, self.cpu_clock_ns))
        taken_ns = repair(log, switches, stolen_ns)
        spent.wall_ns -= taken_ns
        left_ns = min(stolen_ns - taken_ns, switches * LEAST_NS) if log.tells_waits else 0
        return Part(spent, self.clock.read(), switches > 0, left_ns, self.cpu_clock_ns)


def cpu_clock_ns():
    """What one reading of the thread's CPU clock takes."""
    clock = time.thread_time_ns
    each = [-(clock() - clock()) for _ in range(CPU_CLOCK_READINGS)]
    return median(each)


def involuntary_switches():
    """How often another process was let in while this thread could have gone on."""
    if resource is None:
        return 0
    who = getattr(resource, "RUSAGE_THREAD", resource.RUSAGE_SELF)
    return resource.getrusage(who).ru_nivcsw
