"""From readings to what each layer takes: the shims' cost taken out, the loop's time shared out."""

from asgi_toll_exclusive_log import HOP, KINDS

# Of the blocks of a slice, those that took longest are left out: what comes from
# outside (cold caches, a busy neighbour) only ever makes a block longer.
KEPT = 0.5


class Part:
    """One block with shims.

    `stolen_ns` is what others had the core for, in pieces too short to be found.
    """

    def __init__(self, spent, reading, disturbed, stolen_ns, cpu_clock_ns):
        self.spent = spent
        self.reading = reading
        self.disturbed = disturbed
        self.stolen_ns = stolen_ns
        # The CPU clock is read twice in each wait; half of each is in what it tells.
        self.wait_cpu_ns = reading.waits_cpu_ns - sum(reading.waits) * cpu_clock_ns
        self.cpu_ns = spent.thread_cpu_ns / spent.requests


class Share:
    """What a slice says, in nanoseconds per request. Lists are by owner.

    `exclusive_ns`   time on the loop's thread, without the shims; the last is what
                     is outside: the driver and all that the loop itself does
    `loop_ns`        of that, what the loop did before it resumed each owner
    `waited_ns`      how long it waited before that: no CPU
    `threads_ns`     CPU in other threads, of work that the owner gave them
    `crossings`      name to number
    `total_ns`       the sum of `exclusive_ns`
    `shims_ns`       what was taken out
    `warmth`         how many times as much a crossing cost as when it was calibrated
    """

    def __init__(self, parts, **told):
        """`told` are the numbers above; `requests` and `wrong` are those of all parts."""
        self.requests = sum(part.spent.requests for part in parts)
        self.wrong = sum(part.spent.wrong for part in parts)
        vars(self).update(told)


def share_out(parts, costs):
    """The `Share` of some parts."""
    kept = fastest(parts, lambda part: part.cpu_ns)
    warmth = costs.warmth([part.reading for part in kept])
    corrected = [Corrected(part, costs, warmth) for part in kept]
    exclusive_ns = means(corrected, "exclusive_ns")
    return Share(
        parts,
        exclusive_ns=exclusive_ns,
        loop_ns=means(corrected, "loop_ns"),
        waited_ns=means(corrected, "waited_ns"),
        threads_ns=means(corrected, "threads_ns"),
        crossings=crossings(parts),
        total_ns=sum(exclusive_ns),
        shims_ns=mean(one.shims_ns for one in corrected),
        warmth=warmth[: corrected[0].owners.told],
    )


def fastest(blocks, took):
    """Those blocks that are kept."""
    return sorted(blocks, key=took)[: max(1, round(len(blocks) * KEPT))]


class Corrected:
    """One part, per request, without what the crossings add."""

    def __init__(self, part, costs, warmth):
        reading, spent = part.reading, part.spent
        self.owners = owners = reading.owners
        self.requests = spent.requests
        loop_ns = worked_ns(part)
        added_ns = costs.added_ns(reading, warmth)
        toll_ns = reading.raw_ns[owners.toll]
        own_ns = reading.raw_ns[: owners.told]
        # The block's own clocks know best how long all took.
        others = (*range(owners.layers + 1), owners.loop, owners.idle, owners.toll)
        own_ns[owners.outside] = spent.wall_ns - sum(reading.raw_ns[owner] for owner in others)
        own_ns[owners.outside] += sum(loop_ns) - added_ns[owners.loop]
        stolen_ns = stolen_from(part)
        own_ns = less(own_ns, stolen_ns)
        self.exclusive_ns = self.each(less(own_ns, added_ns))
        self.loop_ns = self.each(less(loop_ns, costs.loop_added_ns(reading, warmth)))
        self.waited_ns = self.each(map(sum, zip(reading.waited_ns, stolen_ns)))
        self.threads_ns = self.each(less(reading.threads_ns, costs.threads_added_ns(reading)))
        self.shims_ns = (toll_ns + sum(added_ns)) / spent.requests

    def each(self, values):
        """Per request, of those owners that are told of."""
        return [value / self.requests for value in list(values)[: self.owners.told]]


def worked_ns(part):
    """What the loop did for each owner, without waiting.

    Where the loop does not tell when it waits, all that passed without CPU is taken
    from where the loop had the thread, in proportion. Where it does tell, the CPU
    that goes by within a wait is the loop's, too.
    """
    reading, spent = part.reading, part.spent
    loop_ns = reading.loop_ns
    waits = sum(reading.waits)
    if waits:
        each_ns = max(0, part.wait_cpu_ns) / waits
        return [ns + number * each_ns for ns, number in zip(loop_ns, reading.waits)]
    if reading.tells_waits or not sum(loop_ns):
        return loop_ns
    without_cpu_ns = max(0, spent.wall_ns - spent.thread_cpu_ns)
    left = 1 - min(1, without_cpu_ns / sum(loop_ns))
    return [ns * left for ns in loop_ns]


def stolen_from(part):
    """By owner, the time that others had the core.

    A thread that is given work has it at once, if it can have no other: the
    submission is cut short then. Without such work, it falls to what is outside.
    """
    owners = part.reading.owners
    hops = part.reading.made[HOP][: owners.told]
    if not sum(hops):
        hops[owners.outside] = 1
    return [part.stolen_ns * number / sum(hops) for number in hops] + [0] * (
        owners.count - owners.told
    )


def less(values, taken):
    """One list minus another."""
    return [value - part for value, part in zip(values, taken)]


def means(corrected, name):
    """Owner by owner, the mean of one list."""
    return [mean(values) for values in zip(*(getattr(one, name) for one in corrected))]


def mean(values):
    """The mean of any number of values but none."""
    values = list(values)
    return sum(values) / len(values)


def crossings(parts):
    """Owner by owner, the crossings per request."""
    requests = sum(part.spent.requests for part in parts)
    told = []
    for owner in range(parts[0].reading.owners.told):
        counted = [part.reading.crossings(owner) for part in parts]
        sums = {name: sum(one.get(name, 0) for one in counted) for name in KINDS}
        told.append({name: number / requests for name, number in sums.items() if number})
    return told
