"""The user's own application in one process, whole and changed."""

import time

from asgi_toll_audit import audit
from asgi_toll_audit_attempt import attempt, in_time, patience_of
from asgi_toll_audit_change import Change
from asgi_toll_audit_switch import Switch
from asgi_toll_behaviour import Behaviour
from asgi_toll_cell import NS_PER_MS, Cell
from asgi_toll_direct import Direct
from asgi_toll_exclusive import Exclusive, ExclusiveClock
from asgi_toll_failure import BAD_ORDER, Failure, last_lines
from asgi_toll_request import APP_ERRORS, ask

WHOLE = 0
DEFAULT_TIMEOUT_S = 60
ONLY_AT_START = "{} looks at its layers only when it starts: a variant needs a cell of its own"


class Variant:
    """The application after a change, and what it answers."""

    def __init__(self, change, direct):
        self.change = change
        self.direct = direct


class AuditCell(Cell):
    """An application whose layers can be taken out, replaced and moved, and put back again.

    The order that asks for the cell says what is changed from the beginning, as
    the orders for its variants do (`Change`).
    """

    def __init__(self, make, cell, loop_name):
        super().__init__(make, cell, loop_name)
        self.number = cell.get("middlewares", WHOLE)
        self.change = Change.of(cell)
        self.shims = cell.get("shims", False)
        self.watched = cell.get("behaviour", False)
        self.variants = {}
        self.clock = None

    def build(self):
        """The application as the variant that was asked for."""
        self.audit = audit(super().build(), self.request.scope())
        self.layered = Switch(self.audit)
        if self.watched:
            self.watcher = Behaviour(self.audit.layers)
            return self.audit.shimmed(self.watcher)
        if not self.shims:
            change = self.layered.to if self.layered.possible else self.audit.changed
            return change(self.change)
        self.clock = ExclusiveClock(len(self.audit.layers))
        self.clock.install(self.loop)
        return self.audit.shimmed(self.clock)

    def start(self, order):
        """As every cell; and how long a request takes."""
        told = super().start(order)
        # The second one: the first may have compiled templates and opened connections.
        before = time.perf_counter_ns()
        told["raised"] = self.run(what_is_raised(self.app, self.request))
        told["wall_ns"] = time.perf_counter_ns() - before
        if self.shims:
            self.exclusive = Exclusive(self.loop, self.clock, self.app, self.request, self.direct)
        else:
            self.variants[self.number] = Variant(self.change, self.direct)
        return told

    def layers(self, _order):
        """What layers there are, outermost first."""
        return {
            "event": "layers",
            "layers": [layer.told() for layer in self.audit.layers],
            "switchable": self.layered.possible,
            "problem": self.audit.problem,
        }

    def variant(self, order):
        """Makes a variant and one request to it. That it does not answer is an answer."""
        patience_s = patience_of(order.get("timeout_s", DEFAULT_TIMEOUT_S))
        try:
            change = Change.of(order)
            variant, body = self.tried(change, patience_s)
        except Failure as failure:
            return dict(failure.event(), event="variant", answered=False)
        self.variants[order["variant"]] = variant
        told = {
            "event": "variant",
            "answered": True,
            "status": variant.direct.status,
            "body_bytes": variant.direct.body_bytes,
        }
        if self.change == Change():
            told["body_same"] = body == self.first_body
        return told

    def tried(self, change, patience_s):
        """A variant that has answered once, and the body of its answer."""
        if not self.layered.possible:
            raise Failure(BAD_ORDER, ONLY_AT_START.format(self.audit.flat.framework))
        kept = []
        try:
            with attempt(self.loop, patience_s):
                app = self.layered.to(change)
                answer = self.run(in_time(ask(app, self.request, kept), patience_s))
        finally:
            self.layered.to(self.change)
        return Variant(change, Direct(self.loop, app, self.request, answer)), b"".join(kept)

    def switch(self, order):
        """Makes the application the variant that the order names, for what comes next."""
        variant = self.variants.get(order.get("variant", self.number))
        if variant is None:
            raise Failure(BAD_ORDER, f"there is no variant {order['variant']!r}")
        self.direct = variant.direct
        if self.layered.possible:
            self.direct.app = self.layered.to(variant.change)

    def warm_up(self, order):
        """As every cell, one variant."""
        if self.shims:
            made = self.exclusive.warm_up(int(order["wall_ms"] * NS_PER_MS))
            return {"event": "warm", "requests": made}
        self.switch(order)
        return super().warm_up(order)

    def slice(self, order):
        """As every cell, one variant."""
        self.switch(order)
        return super().slice(order)

    def exclusive_slice(self, order):
        """What every layer takes by itself."""
        if self.clock is None:
            raise Failure(BAD_ORDER, "exclusive: this cell was not asked for with shims")
        return told(self.exclusive.slice(order["cpu_ms"] * NS_PER_MS), len(self.audit.layers))

    def behaviour(self, _order):
        """What every layer does with one request."""
        if not self.watched:
            raise Failure(BAD_ORDER, "behaviour: this cell was not asked for with behaviour")
        layers = self.watcher.facts(self.loop, self.app, self.request)
        return {"event": "behaviour", "layers": layers}


async def what_is_raised(app, request):
    """Makes a request; the end of the traceback of what the application raised all the same.

    An error that is answered with status 500 is raised again by Starlette, for the server's log.
    """
    exchange = request.exchange(request.pieces)
    try:
        await app(request.scope(), exchange.receive, exchange.send)
    except APP_ERRORS as error:
        return last_lines(error)
    return []


def told(share, layers):
    """A slice as the tool is told of it: integers, of all its requests.

    A layer has what the loop did to resume it, and its work in other threads.
    What is outside of all layers is the driver's.
    """
    requests = share.requests

    def whole(per_request_ns):
        return round(per_request_ns * requests)

    by_layer = [
        share.exclusive_ns[owner] + share.loop_ns[owner] + share.threads_ns[owner]
        for owner in range(layers + 1)
    ]
    total_ns = whole(share.total_ns + sum(share.threads_ns))
    return {
        "event": "exclusive",
        "requests": requests,
        "wrong": share.wrong,
        "cpu_ns": total_ns,
        "wall_ns": total_ns,
        "layers_ns": [whole(ns) for ns in by_layer],
    }


AuditCell.ORDERS = dict(
    Cell.ORDERS,
    start=AuditCell.start,
    layers=AuditCell.layers,
    variant=AuditCell.variant,
    warm_up=AuditCell.warm_up,
    slice=AuditCell.slice,
    exclusive=AuditCell.exclusive_slice,
    behaviour=AuditCell.behaviour,
)
