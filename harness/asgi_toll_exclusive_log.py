"""The log of exclusive accounting: who had the loop's thread from when on.

A crossing is two appends and one reading of the clock; everything else is done
afterwards, in `Log.fold`. A mark is the number of the owner from here on, plus
`kinds of crossing × owners` where the crossing is one that is counted; the way
back is a plain number.
"""

import threading
import time
from collections import Counter

# Kinds of crossing. Each is a pair: there and back again. An entry is marked as
# one that made none, one or two functions for the application to send and receive by.
ENTER, ENTER_ONE, ENTER_TWO, AROUND, CALL, SEND, RECEIVE, RESUME, MAKE, HOP = range(1, 11)
ENTRIES = (ENTER, ENTER_ONE, ENTER_TWO)
KINDS = {
    "entries": ENTER,  # a shim awaited its application
    "arounds": AROUND,
    "calls": CALL,
    "sends": SEND,
    "receives": RECEIVE,
    "resumptions": RESUME,  # of a task, whose owner is where it had stopped
    "tasks": MAKE,
    "hops": HOP,  # work given to a thread
}


class Owners:
    """Numbers of who can have the thread, for a number of layers."""

    def __init__(self, layers):
        self.layers = layers
        self.innermost = layers
        self.outside = layers + 1
        # What follows is not told of as owners: the loop between two steps of tasks
        # (told with `outside`), the loop waiting, the shims at work.
        self.loop = layers + 2
        self.idle = layers + 3
        self.toll = layers + 4
        self.count = layers + 5
        self.told = layers + 2

    def mark(self, kind, owner):
        """The mark of a crossing of `kind` that hands over to `owner`."""
        return kind * self.count + owner


class Reading:
    """What the folded log says. All lists are by owner."""

    def __init__(self, owners):
        self.owners = owners
        # Time that each owner had, as read: the cost of crossings is still in it.
        self.raw_ns = [0] * owners.count
        # Crossings of each kind by whose time they begin and end in, and in whose
        # time they hand over.
        self.made = {kind: [0] * owners.count for kind in KINDS.values()}
        self.got = {kind: [0] * owners.count for kind in KINDS.values()}
        # What shims did before they entered this owner, and how often, for each of `ENTRIES`.
        self.entry_ns = [[0] * owners.count for _ in ENTRIES]
        self.entries = [[0] * owners.count for _ in ENTRIES]
        # What the loop did, and how long it waited, before it resumed this owner.
        self.loop_ns = [0] * owners.count
        self.loop_steps = [0] * owners.count
        self.waited_ns = [0] * owners.count
        self.waits = [0] * owners.count
        # Whether the loop tells when it waits, and the CPU that goes by within the waits.
        self.tells_waits = False
        self.waits_cpu_ns = 0
        # CPU time in other threads, of work that this owner gave them.
        self.threads_ns = [0] * owners.count
        self.thread_turns = [0] * owners.count

    def crossings(self, owner):
        """Name to number of the crossings that gave the thread to `owner`, if any.

        Those to `toll` (tasks made, hops) are told with who made them.
        """
        to_toll = (MAKE, HOP)
        counted = {
            name: (self.made if kind in to_toll else self.got)[kind][owner]
            for name, kind in KINDS.items()
        }
        return {name: number for name, number in counted.items() if number}


class Log:
    """Marks and stamps of one loop's thread."""

    def __init__(self, layers):
        self.owners = Owners(layers)
        self.thread = threading.get_ident()
        self.now = time.perf_counter_ns
        # The owner at this moment, where the shims can change it.
        self.at = [self.owners.loop]
        self.marks = []
        self.stamps = []
        self.threads = []
        self.waits_cpu = []
        self.tells_waits = False
        self.reset()

    def reset(self):
        """Forgets what was seen so far. The owner stays who it is."""
        self.marks.clear()
        self.stamps.clear()
        self.threads.clear()
        self.waits_cpu.clear()
        self.reading = Reading(self.owners)
        # Who had the thread when the log was empty.
        self.before = self.at[0]

    def fold(self):
        """Adds the log to the reading and empties it; that reading.

        The time between two folds belongs to nobody: the first stamp begins anew.
        """
        add_intervals(self.reading, self.marks, self.stamps)
        add_crossings(self.reading, self.before, self.marks)
        add_loop(self.reading, self.before, self.marks, self.stamps)
        threads, self.threads[:] = self.threads[:], []
        for owner, spent_ns in threads:
            self.reading.threads_ns[owner] += spent_ns
            self.reading.thread_turns[owner] += 1
        self.reading.tells_waits = self.tells_waits
        self.reading.waits_cpu_ns += sum(self.waits_cpu)
        self.waits_cpu.clear()
        self.marks.clear()
        self.stamps.clear()
        self.before = self.at[0]
        return self.reading


def add_intervals(reading, marks, stamps):
    """Gives the time from each stamp to the next to the owner that was marked."""
    count, toll = reading.owners.count, reading.owners.toll
    spent = [0] * (count * (HOP + 1))
    entered = [0] * (count * (HOP + 1))
    for mark, begun, following, ended in zip(marks, stamps, marks[1:], stamps[1:]):
        spent[mark] += ended - begun
        if mark == toll:
            entered[following] += ended - begun
    for mark, spent_ns in enumerate(spent):
        reading.raw_ns[mark % count] += spent_ns
    for place, kind in enumerate(ENTRIES):
        for owner in range(count):
            reading.entry_ns[place][owner] += entered[kind * count + owner]


def add_crossings(reading, before, marks):
    """Counts crossings by who had the thread before and who has it then."""
    count, toll = reading.owners.count, reading.owners.toll
    pairs = Counter(zip([before, *marks], marks))
    for (left, mark), number in pairs.items():
        kind, owner = divmod(mark, count)
        if mark == toll:
            # Only an entry begins so; its own mark follows.
            reading.made[ENTER][left % count] += number
        elif kind in ENTRIES:
            reading.got[ENTER][owner] += number
            reading.entries[kind - ENTER][owner] += number
        elif kind:
            reading.got[kind][owner] += number
            reading.made[kind][left % count] += number


def add_loop(reading, before, marks, stamps):
    """Gives the loop's time to the owner that it resumes next; what is left, to `outside`."""
    owners = reading.owners
    resumed = range(owners.mark(RESUME, 0), owners.mark(RESUME + 1, 0))
    spent = {owners.loop: [0, 0], owners.idle: [0, 0]}
    since = None
    for mark, stamp in zip(marks, stamps):
        if before in spent:
            if since is not None:
                spent[before][0] += stamp - since
                spent[before][1] += 1
            if mark in resumed:
                give_loop(reading, mark % owners.count, spent)
                reading.loop_steps[mark % owners.count] += 1
        before, since = mark, stamp
    give_loop(reading, owners.outside, spent)


def give_loop(reading, owner, spent):
    """Adds what the loop has done and waited to what it did for `owner`."""
    worked, waited = spent[reading.owners.loop], spent[reading.owners.idle]
    reading.loop_ns[owner] += worked[0]
    reading.waited_ns[owner] += waited[0]
    reading.waits[owner] += waited[1]
    worked[:] = waited[:] = (0, 0)
