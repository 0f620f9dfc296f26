"""One built application, and what the tool can order it to do."""

import asyncio
import base64

import asgi_toll_plant
import asgi_toll_stack
from asgi_toll_alarm import TimedOut
from asgi_toll_calls import CallProfile
from asgi_toll_counts import Counter
from asgi_toll_direct import REFERENCE_LAYERS, Direct
from asgi_toll_failure import (
    APP_EXITED, APP_RAISED, BAD_ORDER, NOT_BUILT, TIMED_OUT, WRONG_PROTOCOL, Failure, last_lines,
    one_line, where_it_waits,
)  # fmt: skip
from asgi_toll_lifespan import Lifespan
from asgi_toll_loops import new_counting_loop, new_loop
from asgi_toll_request import Request, ask
from asgi_toll_seam_counts import SeamCounter

NS_PER_MS = 1_000_000
BODY_LIMIT = 4 * 1024 * 1024


class Cell:
    """An application with a number of layers, on a loop of its own.

    `make` is a function without arguments that gives the application.
    """

    def __init__(self, make, cell, loop_name):
        """`cell` is the order that asked for this cell."""
        self.make = make
        self.app = None
        self.direct = None
        self.first_body = b""
        self.lifespan = None
        self.counter = None
        counter = counter_for(cell)
        if counter is None:
            self.loop = new_loop(loop_name)
        else:
            self.loop, selector = new_counting_loop()
            self.counter = counter(self.loop, selector)
        asyncio.set_event_loop(self.loop)

    def start(self, order):
        """Builds the application, starts it, makes the first request."""
        self.request = Request(order["request"])
        self.app = self.build()
        self.lifespan = Lifespan(self.app, order.get("lifespan", "auto"))
        self.request.state = self.run(self.lifespan.startup())
        proof = self.prove(order.get("proof"))
        kept = []
        answer = self.run(ask(self.app, self.request, kept))
        self.first_body = b"".join(kept)
        self.direct = Direct(self.loop, self.app, self.request, answer)
        if self.counter is not None:
            self.counter.watch(self.app, self.request)
        return dict(as_told(answer, kept), event="answer", proof=proof)

    def prove(self, proof):
        """The answer to another request, where that of the first shows no layers."""
        if proof is None:
            return None
        request = Request(proof)
        request.state = self.request.state
        kept = []
        return as_told(self.run(ask(self.app, request, kept)), kept)

    def build(self):
        """The application, or what hindered it."""
        try:
            return self.make()
        except Failure:
            raise
        except Exception as error:
            raise Failure.of(NOT_BUILT, error) from error

    def run(self, body):
        """Runs the coroutine `body` to its end."""
        return self.loop.run_until_complete(body)

    def warm_up(self, order):
        """Makes requests until nothing is new."""
        made = self.direct.warm_up(int(order["wall_ms"] * NS_PER_MS))
        return {"event": "warm", "requests": made}

    def slice(self, order):
        """One measurement."""
        spent = self.direct.slice(order["cpu_ms"] * NS_PER_MS)
        return dict(vars(spent), event="slice")

    def driver(self, order):
        """What the driver itself costs, and what layers cost that are known."""
        bare, layered = self.direct.reference(order["cpu_ms"] * NS_PER_MS)
        return {
            "event": "driver",
            "requests": bare.requests,
            "cpu_ns": bare.cpu_ns,
            "reference_layers": REFERENCE_LAYERS,
            "reference_requests": layered.requests,
            "reference_cpu_ns": layered.cpu_ns,
        }

    def count(self, _order):
        """One repeat of exact counts."""
        if self.counter is None:
            raise Failure(BAD_ORDER, "count: this cell was not asked for with counting")
        return {"event": "count", "counts": self.counter.repeat()}

    def profile(self, _order):
        """How often one request enters each function."""
        if not isinstance(self.counter, Counter):
            raise Failure(BAD_ORDER, "profile: this cell was not asked for with counting")
        return {"event": "profile", "functions": CallProfile(self.counter).functions()}

    def stack(self, _order):
        """The layers that can be found in the application."""
        app = asgi_toll_plant.inside(self.app)
        return {"event": "stack", "layers": asgi_toll_stack.layers(app)}

    def stop(self, _order):
        """Ends the application."""
        self.run(self.lifespan.shutdown())
        return {"event": "stopped"}


def counter_for(cell):
    """The class that counts in a cell as ordered, or None."""
    if cell.get("seams", False):
        return SeamCounter
    return Counter if cell.get("counting", False) else None


Cell.ORDERS = {
    "start": Cell.start,
    "warm_up": Cell.warm_up,
    "slice": Cell.slice,
    "driver": Cell.driver,
    "count": Cell.count,
    "profile": Cell.profile,
    "stack": Cell.stack,
    "stop": Cell.stop,
}


def obey(cell, order):
    """The answer to `order`. Whatever goes wrong is a `Failure`."""
    perform = cell.ORDERS.get(order.get("do"))
    if perform is None:
        raise Failure(BAD_ORDER, f"unknown order {order.get('do')!r}")
    if cell.app is None and perform is not cell.ORDERS["start"]:
        raise Failure(BAD_ORDER, f"{order['do']}: the application is not started yet")
    try:
        return perform(cell, order)
    except Exception:
        raise
    except TimedOut as error:
        raise timed_out(cell, error) from error
    except (SystemExit, KeyboardInterrupt) as error:
        raise Failure.of(APP_EXITED, error) from error
    except BaseException as error:
        raise Failure.of(APP_RAISED, error) from error


def timed_out(cell, error):
    """Where it hangs: the place that the alarm hit, or what the tasks wait for."""
    failure = Failure.of(TIMED_OUT, error)
    waiting = [task for task in asyncio.all_tasks(cell.loop) if not task.done()]
    lifespan = getattr(cell.lifespan, "task", None)
    own = [task for task in waiting if task is not lifespan] or waiting
    if own:
        failure.lines = where_it_waits(own[0]) + last_lines(error)[-1:]
    return failure


def as_told(answer, kept):
    """An answer as the tool is told of it."""
    body = b"".join(kept)[:BODY_LIMIT]
    return {
        "status": answer.status,
        "headers": header_pairs(answer.headers),
        "body_base64": base64.b64encode(body).decode("ascii"),
    }


def header_pairs(headers):
    """The headers as JSON has them."""
    try:
        return [[text(name), text(value)] for name, value in headers]
    except (TypeError, ValueError) as error:
        raise Failure(WRONG_PROTOCOL, f"headers are no pairs: {one_line(error)}") from error


def text(part):
    """One half of a header; ASGI wants bytes, some applications give text."""
    return part.decode("latin-1") if isinstance(part, bytes) else str(part)
