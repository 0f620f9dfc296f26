"""Takes out of a log what other processes had of the core meanwhile.

A preemption falls into one interval between two stamps, and makes that many times
longer than any other. The kernel tells how many there were, and the thread's own
CPU clock how much they took together. Waits of the loop, which the log knows of,
are not meant.
"""

from heapq import nlargest

# A process that is let in stays for a good part of a millisecond at least.
LEAST_NS = 100_000


def stolen(log, spent, cpu_clock_ns):
    """Wall time of a block within which neither its thread ran nor its loop waited.

    The CPU clock is read twice in each wait: one reading lies within what it tells.
    """
    idle, stamps = log.owners.idle, log.stamps
    waited_ns = sum(
        ended - begun for mark, begun, ended in zip(log.marks, stamps, stamps[1:]) if mark == idle
    )
    ran_ns = spent.thread_cpu_ns - sum(log.waits_cpu) - len(log.waits_cpu) * cpu_clock_ns
    return spent.wall_ns - waited_ns - ran_ns


def repair(log, preemptions, stolen_ns):
    """Shortens up to so many intervals of the log by `stolen_ns` in all; what was taken out.

    None gets shorter than what is usual after its mark, so that a layer which always
    waits keeps its time; nor does one in which the loop waits or may have waited.
    """
    if not preemptions or stolen_ns < LEAST_NS:
        return 0
    marks, stamps = log.marks, log.stamps
    never = {log.owners.idle} if log.tells_waits else {log.owners.idle, log.owners.loop}
    lengths = [ended - begun for begun, ended in zip(stamps, stamps[1:])]
    longest = nlargest(
        preemptions, (pair for pair in enumerate(lengths) if marks[pair[0]] not in never),
        key=lambda pair: pair[1],
    )  # fmt: skip
    taken = {}
    for place, length in longest:
        excess = min(length - usual(marks, lengths, marks[place]), stolen_ns)
        if excess >= LEAST_NS:
            taken[place] = excess
            stolen_ns -= excess
    shift(stamps, taken)
    return sum(taken.values())


def usual(marks, lengths, mark):
    """The median length of the intervals after `mark`."""
    ordered = sorted(length for seen, length in zip(marks, lengths) if seen == mark)
    return ordered[(len(ordered) - 1) // 2]


def shift(stamps, taken):
    """Moves what follows each shortened interval."""
    earlier = 0
    for place, stamp in enumerate(stamps):
        stamps[place] = stamp - earlier
        earlier += taken.get(place, 0)
