"""`counts`: what one request does, as whole numbers.

One repeat makes a few requests, each for what it alone can tell:

1. watched, instruction by instruction: calls, tasks, callbacks …
2. not watched, before and after: memory that it leaves behind
3. not watched, against the clocks: time in which it blocked the loop
4. its messages at the outer end

What the driver does itself is left out or subtracted: an empty application
counts its own call, its own instructions and its messages, and else nothing.
"""

import gc
import sys
import time

import asgi_toll_workloads
from asgi_toll_direct import collector_off, empty_app
from asgi_toll_loops import idle_ns
from asgi_toll_request import ask, run
from asgi_toll_tally import Collections, Tally
from asgi_toll_turns import settle, turns

if hasattr(sys, "monitoring"):
    from asgi_toll_monitoring import NAMES, EventCounter
else:
    from asgi_toll_profile import NAMES, EventCounter

WARM_UP_LEAST = 3
WARM_UP_MOST = 100
WARM_UP_NS = 50_000_000
# A full collection also empties the interpreter's lists of free objects; each
# repeat would then count how they fill again.
YOUNG = 1
PRIMING_TURNS = 2
ITEM_TURNS = 4
# The least of some requests: what held the process up, or took memory, was not
# always the application.
REQUESTS = 3
HAS_BLOCKS = hasattr(sys, "getallocatedblocks")


def names():
    """Every count that this interpreter can give, those of seams aside."""
    memory = ("allocated_blocks",) if HAS_BLOCKS else ()
    return [
        *NAMES, *memory, "blocked_ns", "gc_runs", "messages_sent", "messages_received",
        "body_bytes_received", "body_bytes_sent", "chunks_before_first",
    ]  # fmt: skip


class Counter:
    """Counts on one loop of one application.

    Made before the application: what watches threads has to be there first.
    """

    def __init__(self, loop, selector):
        self.loop = loop
        self.selector = selector
        self.events = EventCounter(selector.rest.gate.go_through)
        self.warm = False

    def watch(self, app, request):
        """From now on counts `request` on `app`."""
        self.app = app
        self.request = request

    def repeat(self):
        """One repeat; count's name to number."""
        self.be_warm()
        with collector_off(YOUNG):
            counts = self.watched()
            if HAS_BLOCKS:
                left = self.blocks_left(self.app)
                counts["allocated_blocks"] = max(0, left - self.blocks_of_driver)
            counts["blocked_ns"] = self.blocked_ns()
            counts.update(self.loop.run_until_complete(self.messages()))
        return counts

    def be_warm(self):
        """Warms up, if that was not done yet."""
        if not self.warm:
            self.warm_up()
            self.warm = True

    def warm_up(self):
        """Makes what happens once happen, and learns what is to be subtracted."""
        with collector_off(), self.selector.rest:
            self.loop.run_until_complete(self.first_requests())
            self.item = self.loop.run_until_complete(self.item_cost())
        gc.collect(YOUNG)
        gc.freeze()
        if HAS_BLOCKS:
            empty = empty_app(self.request.kind, 200, 0)
            with collector_off(YOUNG):
                self.blocks_of_driver = self.blocks_left(empty)

    async def first_requests(self):
        """Requests until the interpreter's caches are filled, some at least."""
        end = time.perf_counter_ns() + WARM_UP_NS
        for made in range(WARM_UP_MOST):
            if made >= WARM_UP_LEAST and time.perf_counter_ns() > end:
                break
            await ask(self.app, self.request)

    def watched(self):
        """Pass 1."""
        with self.selector.rest, Collections() as collections:
            request = self.watched_request(self.events.read)
            before, after, own = self.loop.run_until_complete(request)
        counted = [max(0, b - a - own * item) for a, b, item in zip(before, after, self.item)]
        return dict(zip(NAMES, counted), gc_runs=collections.runs)

    async def watched_request(self, read):
        """One request between two readings by `read`; both, and the iterations that were ours."""
        request = self.request
        await settle(self.loop, self.selector)
        exchange, scope = request.exchange(request.pieces), request.scope()
        self.events.start()
        try:
            # Code that runs while counting begins is only watched from its next start on.
            await turns(PRIMING_TURNS)
            before = read()
            await run(self.app, scope, exchange)
            own = await settle(self.loop, self.selector)
            after = read()
        finally:
            self.events.stop()
        return before, after, own

    async def item_cost(self):
        """What one more task costs the loop in one iteration.

        That is our part in each iteration in which we wait for the application:
        the iteration itself happens for what the application left to do.
        """
        told = await self.more_turns(self.events.read)
        return [((d - c) - (b - a)) // ITEM_TURNS for a, b, c, d in zip(*told)]

    async def more_turns(self, read):
        """Readings around some iterations, and around as many with one more task in them."""
        alone = await self.watched_turns(read)
        partner = self.loop.create_task(turns(ITEM_TURNS * 4))
        together = await self.watched_turns(read)
        await partner
        return [*alone, *together]

    async def watched_turns(self, read):
        """Some iterations between two readings by `read`, with whatever is ready."""
        self.events.start()
        try:
            await turns(PRIMING_TURNS)
            before = read()
            await turns(ITEM_TURNS)
            after = read()
        finally:
            self.events.stop()
        return before, after

    def blocks_left(self, app):
        """Pass 2: blocks of memory that a request on `app` leaves without the collector."""
        return min(self.loop.run_until_complete(self.blocks_left_by(app)))

    async def blocks_left_by(self, app):
        """Differences over some requests, their scopes and messages included."""
        found = []
        for _ in range(REQUESTS):
            await settle(self.loop, self.selector)
            before = sys.getallocatedblocks()
            await ask(app, self.request)
            await settle(self.loop, self.selector)
            found.append(sys.getallocatedblocks() - before)
        return found

    def blocked_ns(self):
        """Pass 3: time without CPU and not in the selector."""
        blocked = self.loop.run_until_complete(self.blocked_requests())
        return max(0, min(blocked))

    async def blocked_requests(self):
        """One figure for each of some requests."""
        found = []
        for _ in range(REQUESTS):
            await settle(self.loop, self.selector)
            waited, idle = self.selector.waited_ns, idle_ns()
            await ask(self.app, self.request)
            found.append(idle_ns() - idle - (self.selector.waited_ns - waited))
        return found

    async def messages(self):
        """Pass 4: what goes through the outer end of the application."""
        request, tally = self.request, Tally()
        exchange = request.exchange(request.pieces)
        asgi_toll_workloads.PRODUCED.count = 0

        async def receive():
            message = await exchange.receive()
            tally.receives(message)
            return message

        async def send(message):
            tally.sends(message)
            await exchange.send(message)

        await run(self.app, request.scope(), exchange, receive, send)
        await settle(self.loop, self.selector)
        return tally.counts(exchange.body_bytes)
