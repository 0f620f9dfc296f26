"""Shims that record what goes over the borders between layers, and say whose code runs.

What is inside of a shim belongs to its layer; a `receive` or `send` belongs to the layer that
handed it in.
"""

import asyncio

from asgi_toll_behaviour_messages import BODIES, HTTP_BODY
from asgi_toll_behaviour_owner import OWNER, as_owner, unowned
from asgi_toll_behaviour_record import Border
from asgi_toll_exclusive_shims import LIFESPAN, Shim

TURNS = 50
PAUSES = 50
PAUSE_S = 0.004


class Recorder:
    """Makes the shims of one application. They are mute while there is no `record`."""

    def __init__(self):
        self.record = None

    def shim(self, index, app):
        """`app` as layer `index`."""
        recorder = self

        async def __call__(_shim, scope, receive, send):
            record = recorder.record
            if record is None or scope["type"] == LIFESPAN:
                return await app(scope, receive, send)
            giver = OWNER.get()
            border = record.border(index)
            handed = receiver(border, giver, receive), sender(record, index, giver, send)
            unowned(border.enter, scope, (receive, send), handed)
            return await owned(index, app, (scope, *handed))

        named = {"__call__": __call__, "__slots__": (), "__doc__": Shim.__doc__}
        return type("Shim", (Shim,), named)(app)

    async def around(self, index, factory, *args):
        """Awaits `factory(*args)` as layer `index`."""
        if self.record is None:
            return await factory(*args)
        passage = unowned(self.record.passage, index, args)
        response = await owned(index, factory, args)
        unowned(passage.note, response)
        return response

    def call(self, index, function, *args):
        """Calls `function(*args)` as layer `index`."""
        if self.record is None:
            return function(*args)
        passage = unowned(self.record.passage, index, args)
        response = as_owner(index, function, *args)
        unowned(passage.note, response)
        return response


async def owned(owner, factory, args):
    """Awaits `factory(*args)` as `owner`."""
    back = OWNER.get()
    OWNER.set(owner)
    try:
        return await factory(*args)
    finally:
        OWNER.set(back)


def receiver(border, giver, receive):
    """`receive` as one who notes what is received."""

    async def shim_receive():
        message = await owned(giver, receive, ())
        unowned(border.note_received, message)
        return message

    return shim_receive


def sender(record, index, giver, send):
    """`send` as one who notes what is sent, and may have it sent in pieces."""
    border, outside = record.border(index), record.outside(index)

    async def shim_send(message):
        for piece in unowned(pieces_of, message, border) if record.splits else (message,):
            if record.settles and outside is not None:
                await owned(None, settle, (border, outside, piece))
            unowned(border.note_sent, piece)
            await owned(giver, send, (piece,))

    return shim_send


def pieces_of(message, border):
    """A body that would come in one message, in two; any other message as it is."""
    body = message.get("body", b"")
    only = message["type"] == HTTP_BODY and not message.get("more_body", False)
    if not only or len(body) < 2 or border.bodies or any(s.trailers for s in border.starts):
        return (message,)
    half = len(body) // 2
    first = dict(message, body=bytes(body[:half]), more_body=True)
    return first, dict(message, body=bytes(body[half:]), more_body=False)


async def settle(border, outside, message):
    """Waits until what was sent before `message` has come through the layer outside.

    Not for long, and once for the start and once for the body: a layer may hold them back.
    """
    if message["type"] not in BODIES:
        return
    awaited = Border.has_bytes if border.has_bytes() else Border.has_started
    if awaited in border.awaited:
        return
    border.awaited.add(awaited)
    for turn in range(TURNS + PAUSES):
        if awaited(outside):
            return
        await asyncio.sleep(0 if turn < TURNS else PAUSE_S)
