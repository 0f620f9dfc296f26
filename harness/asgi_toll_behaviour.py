"""What every layer of an application does with a request: what changes, waits and runs in it.

The request is made as it is, to see what layers change and which functions, tasks and threads
they take; and with a response that is handed out slowly, to see who waits for its end.
"""

import asyncio
import contextlib

import asgi_toll_behaviour_nested
from asgi_toll_audit_layer import HOOK
from asgi_toll_behaviour_calls import Calls
from asgi_toll_behaviour_facts import UNKNOWN, between, repeats_start
from asgi_toll_behaviour_places import Hops, Places, watch
from asgi_toll_behaviour_record import Record
from asgi_toll_behaviour_shims import Recorder
from asgi_toll_direct import collector_off
from asgi_toll_failure import Failure
from asgi_toll_request import ask

# An application may never end that cannot send a body in pieces.
PATIENCE_S = 5
TRIES = 5


class Behaviour(Recorder):
    """The shims of one application, to be handed to `Audit.shimmed`, and what they tell."""

    def __init__(self, layers):
        super().__init__()
        self.layers = layers

    def facts(self, loop, app, request):
        """Makes some requests; the facts of each layer, outermost first."""
        answer = self.made(loop, ask(app, request), Record())
        usual, work = self.steady(loop, app, request)
        pieces, slow = self.slowly(loop, app, request, answer.status)
        return [
            dict(self.passage(index, usual, slow or usual, pieces), **work[index])
            for index in range(len(self.layers))
        ]

    def steady(self, loop, app, request):
        """The record of a request and what ran in it, as the one before it had it.

        Pools start threads and limits begin anew now and then.
        """
        seen = None
        for _ in range(TRIES):
            before, (record, seen) = seen, self.observed(loop, app, request)
            if seen == before:
                break
        return record, seen

    def observed(self, loop, app, request):
        """The record of a request, and what ran in each layer meanwhile."""
        record, calls = Record(), Calls(len(self.layers) + 1)
        tasks, threads = Places(len(calls.of)), Places(len(calls.of))
        undo = watch(loop, tasks, Hops(threads, calls))
        try:
            with collector_off(), calls.watched():
                self.made(loop, ask(app, request), record)
        finally:
            undo()
        return record, [
            dict(
                calls.of[index].told(),
                tasks_from=tasks.told(index),
                threads_from=threads.told(index),
            )
            for index in range(len(self.layers))
        ]

    def made(self, loop, asking, record):
        """The answer to a request that goes into `record`."""
        self.record = record
        try:
            return loop.run_until_complete(asking)
        finally:
            self.record = None

    def slowly(self, loop, app, request, status):
        """Records of requests whose answers were handed out slowly: in pieces; and a right one.

        The right one is that in pieces unless a layer cannot stand those, or None.
        """
        records = [Record(settles=True, splits=splits) for splits in (True, False)]
        for record in records:
            asking = asyncio.wait_for(ask(app, request), PATIENCE_S)
            with contextlib.suppress(Failure, asyncio.TimeoutError):
                if self.made(loop, asking, record).status == status:
                    return records[0], record
        return records[0], None

    def passage(self, index, usual, slow, pieces):
        """Whether the request came to a layer, passed it, and how it was changed there."""
        reached, inside = index in usual.entered, self.inside(index)
        told = dict(UNKNOWN, reached=reached, answers_itself=None)
        if inside is not None:
            told["answers_itself"] = reached and inside not in usual.entered
        if told["answers_itself"]:
            told["idle"] = False
        sides = usual.sides(index, inside)
        if sides is not None:
            told.update(between(sides, slow.sides(index, inside) or sides))
            told["repeats_start"] = repeats_start(*(pieces.sides(index, inside) or sides))
        calls = usual.calls(index, inside)
        if calls is not None:
            told.update(asgi_toll_behaviour_nested.between(*calls))
        return told

    def inside(self, index):
        """The border inside of a layer; None for hooks, which are not around anything."""
        styles = [layer.style for layer in self.layers[index:]]
        if styles[0] == HOOK:
            return None
        further = (n for n, style in enumerate(styles[1:], index + 1) if style != HOOK)
        return next(further, len(self.layers))
