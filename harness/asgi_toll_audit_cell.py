"""The user's own application in one process, whole and without some of its layers."""

import time

from asgi_toll_audit import audit
from asgi_toll_audit_switch import Switch
from asgi_toll_cell import NS_PER_MS, Cell
from asgi_toll_direct import Direct
from asgi_toll_exclusive import Exclusive, ExclusiveClock
from asgi_toll_failure import BAD_ORDER, Failure, last_lines
from asgi_toll_request import APP_ERRORS, ask

WHOLE = 0


class Variant:
    """The application without some layers, and what it answers."""

    def __init__(self, removed, direct):
        self.removed = removed
        self.direct = direct


class AuditCell(Cell):
    """An application whose layers can be taken out and put in again.

    The order that asks for the cell says in `without` which layers it lacks
    from the beginning, by their places from outside.
    """

    def __init__(self, make, cell, loop_name):
        super().__init__(make, cell, loop_name)
        self.number = cell.get("middlewares", WHOLE)
        self.removed = frozenset(cell.get("without", ()))
        self.shims = cell.get("shims", False)
        self.variants = {}
        self.clock = None

    def build(self):
        """The application as the variant that was asked for."""
        self.audit = audit(super().build(), self.request.scope())
        self.layered = Switch(self.audit)
        if not self.shims:
            return self.audit.without(self.removed)
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
            self.variants[self.number] = Variant(self.removed, self.direct)
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
        removed = frozenset(order["without"])
        kept = []
        try:
            app = self.layered.to(removed)
            answer = self.run(ask(app, self.request, kept))
        except Failure as failure:
            return dict(failure.event(), event="variant", answered=False)
        finally:
            self.layered.to(self.removed)
        direct = Direct(self.loop, app, self.request, answer)
        self.variants[order["variant"]] = Variant(removed, direct)
        return {
            "event": "variant",
            "answered": True,
            "status": answer.status,
            "body_bytes": answer.body_bytes,
        }

    def switch(self, order):
        """Makes the application the variant that the order names, for what comes next."""
        variant = self.variants.get(order.get("variant", self.number))
        if variant is None:
            raise Failure(BAD_ORDER, f"there is no variant {order['variant']!r}")
        self.direct = variant.direct
        if self.layered.possible:
            self.direct.app = self.layered.to(variant.removed)

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
)
