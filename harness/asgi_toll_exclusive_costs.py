"""What the crossings of exclusive accounting cost, so that it can be taken out.

A crossing reads the clock once, so it costs both sides: what runs before the
reading is in the time of who is left, what runs after it in the time of who is
entered, and on the way back the other way round. Both halves are measured on
stacks of layers that do nothing, with and without shims, in this process.
"""

from asgi_toll_exclusive_log import (
    AROUND, CALL, ENTER, ENTRIES, HOP, KINDS, MAKE, RECEIVE, RESUME, SEND,
)  # fmt: skip


# How much more than calibrated a crossing is believed to cost where it happens.
LEAST_WARMTH, MOST_WARMTH = 0.6, 4.0
# Of what caches add before an entry, so much is added to a crossing.
COLD_SHARE = 0.5


class Cost:
    """One kind of crossing, there and back: what it adds to the two owners' times."""

    def __init__(self, leaving_ns, entered_ns):
        self.leaving_ns = leaving_ns
        self.entered_ns = entered_ns


class Costs:
    """A `Cost` for each kind of crossing, and what else calibration has shown.

    `thread_ns` is what timing adds to a piece of work in a thread, `entry_ns` what a
    shim does before it enters its application, for each of `ENTRIES`.
    """

    def __init__(self, by_kind, thread_ns, entry_ns):
        self.by_kind = by_kind
        self.thread_ns = thread_ns
        self.entry_ns = entry_ns

    def warmth(self, readings):
        """By owner, how many times as much the shims take as when they were calibrated.

        Caches that others have used, or a machine that has got slower, make everything
        cost more. What shims do before an entry is always the same and is read each
        time: it tells. An owner that is never entered is taken to be as all together.
        """
        owners = readings[0].owners
        seen, expected = [0.0] * owners.count, [0.0] * owners.count
        for reading in readings:
            for place, known_ns in enumerate(self.entry_ns):
                for owner in range(owners.count):
                    seen[owner] += reading.entry_ns[place][owner]
                    expected[owner] += reading.entries[place][owner] * known_ns
        if not any(expected):
            return [1.0] * owners.count
        entered = sorted(a / b for a, b in zip(seen, expected) if b)
        # Where the caches are as warm as can be, only the machine's pace is left.
        pace = entered[len(entered) // 4]
        overall = sum(seen) / sum(expected)
        return [damped(a / b if b else overall, pace) for a, b in zip(seen, expected)]

    def added_ns(self, reading, warmth):
        """By owner, what the crossings have added to the time that was read."""
        added = [0.0] * reading.owners.count
        for kind, cost in self.by_kind.items():
            for owner, number in enumerate(reading.made[kind]):
                added[owner] += number * cost.leaving_ns * warmth[owner]
            for owner, number in enumerate(reading.got[kind]):
                added[owner] += number * cost.entered_ns * warmth[owner]
        return added

    def loop_added_ns(self, reading, warmth):
        """The same for the loop's time, by the owner that it was spent on."""
        cost = self.by_kind[RESUME].leaving_ns * warmth[reading.owners.loop]
        return [steps * cost for steps in reading.loop_steps]

    def threads_added_ns(self, reading):
        """The same for the time in other threads."""
        return [turns * self.thread_ns for turns in reading.thread_turns]


def damped(warmth, pace):
    """The warmth of a crossing where that of what comes before an entry is `warmth`.

    That makes functions, and so suffers more from cold caches than a crossing does.
    """
    cold = (warmth / pace - 1) * COLD_SHARE
    return min(max(pace * (1 + cold), LEAST_WARMTH), MOST_WARMTH)


def solve(seen):
    """The costs from one round of measurements (`asgi_toll_exclusive_bench.Round`)."""
    depth, messages = seen.depth, seen.messages
    by_kind = {ENTER: entering(seen, depth)}
    by_kind[SEND] = messaging(seen, "send", depth, messages)
    by_kind[RECEIVE] = messaging(seen, "receive", depth, messages)
    by_kind[RESUME] = resuming(seen)
    by_kind[MAKE] = making(seen)
    by_kind[AROUND] = handing(seen, "around", ("nothing", "bottom"), "bottom")
    by_kind[CALL] = handing(seen, "call", ("no function", "function"), "call")
    by_kind[HOP] = Cost(seen.read["hop"].total_ns - seen.plain["hop"], 0.0)
    return Costs(by_kind, seen.read["thread"].threads_ns, entry_ns(seen.read.values()))


def entry_ns(reads):
    """What a shim does before it enters, for each of `ENTRIES`, over all stacks."""
    totals = [[0, 0] for _ in ENTRIES]
    for read in reads:
        for total, spent_ns, number in zip(totals, read.entry_ns, read.entries):
            total[0] += spent_ns
            total[1] += number
    return [spent_ns / number for spent_ns, number in totals]


def entering(seen, depth):
    """Of calls through layers that pass on, and the bottom that they come to."""
    plain, read = seen.plain, seen.read
    layer_ns = (plain["pass"] - plain["bottom"]) / depth
    bottom_ns = plain["bottom"] - plain["nothing"]
    both_ns = read["pass"].layers_ns / depth - layer_ns
    entered_ns = read["pass"].bottom_ns - bottom_ns
    return Cost(both_ns - entered_ns, entered_ns)


def messaging(seen, kind, depth, messages):
    """Of messages through layers that have a `send` or `receive` of their own."""
    plain, read = seen.plain, seen.read
    through_ns = plain[kind, messages] - plain[kind, 0]
    at_bottom_ns = plain["bottom", kind] - plain["bottom"]
    layer_ns = (through_ns - at_bottom_ns) / depth
    some, none = read[kind, messages], read[kind, 0]
    both_ns = (some.layers_ns - none.layers_ns) / depth - layer_ns
    leaving_ns = some.bottom_ns - none.bottom_ns
    return Cost(leaving_ns / messages, (both_ns - leaving_ns) / messages)


def resuming(seen):
    """Of a task's steps: a coroutine driven by hand, bare and as the shims drive it.

    Before each of them the loop looks once whether there is more to do, and is watched.
    """
    read = seen.read["steps"]
    both_ns = read.total_ns - seen.plain["steps"]
    # Of a step, all but the call from outside is the coroutine's own.
    entered_ns = read.bottom_ns - (seen.plain["steps"] - seen.plain["turns"])
    poll_ns = seen.read["poll"].total_ns - seen.plain["poll"]
    return Cost((both_ns - entered_ns) / seen.steps + poll_ns, entered_ns / seen.steps)


def making(seen):
    """Of tasks: to make them, and what their coroutine is wrapped in, driven by hand."""
    read, plain = seen.read, seen.plain
    one_step_ns = (read["steps"].total_ns - plain["steps"]) / seen.steps
    wrapping_ns = read["task"].wall_ns - plain["task"] - one_step_ns
    return Cost(read["create"].total_ns - plain["create"] + wrapping_ns, 0.0)


def handing(seen, name, alone, plain):
    """Of what is handed to the clock to be called; `plain` is without it.

    `alone` are the names of two loops, without and with a call of the function.
    """
    read = seen.read[name]
    without_ns, with_ns = (seen.plain[loop] for loop in alone)
    entered_ns = read.bottom_ns - (with_ns - without_ns)
    return Cost(read.total_ns - seen.plain[plain] - entered_ns, entered_ns)


def middle(rounds):
    """The median of some `Costs`, number by number."""
    by_kind = {kind: Cost(*middle_cost(rounds, kind)) for kind in KINDS.values()}
    thread_ns = median(costs.thread_ns for costs in rounds)
    return Costs(by_kind, thread_ns, [median(each) for each in zip(*(c.entry_ns for c in rounds))])


def middle_cost(rounds, kind):
    """The medians of both halves of one kind."""
    costs = [costs.by_kind[kind] for costs in rounds]
    return (
        median(cost.leaving_ns for cost in costs),
        median(cost.entered_ns for cost in costs),
    )


def median(values):
    """The middle one, or the mean of the two in the middle."""
    ordered = sorted(values)
    half = len(ordered) // 2
    return (ordered[half] + ordered[-1 - half]) / 2
