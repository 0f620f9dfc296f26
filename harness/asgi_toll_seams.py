"""Seams: ASGI layers of our own between the layers of an application.

Layer `i` lies between seam `i` (its outer side) and seam `i + 1` (its inner
side), so what two seams see tells what the layer between them did: how many
messages it sent, whether it copied a body, how much of it it held back, and
whether context variables pass through it.

    outside → seam 0 → layer 0 → seam 1 → layer 1 → seam 2 → application

Seams cost time. They are put in only for a repeat that counts, in a process of
their own, and never where anything is timed.
"""

SCOPES = frozenset(("http", "websocket"))


class _State:
    """Whether seams are wanted in this process, and what listens to them."""

    def __init__(self):
        self.enabled = False
        self.layers = None
        self.record = None


_STATE = _State()


def enable():
    """From now on `interleave` puts seams in. Called before the application is built."""
    _STATE.enabled = True


def layers_seen():
    """Number of layers between seams; None if no subject has asked for seams."""
    return _STATE.layers


def record_into(record):
    """Tells `record` (a `SeamRecord`, or None for nobody) what the seams see."""
    _STATE.record = record


def interleave(layers, make):
    """`layers` with a seam before, between and after them, if seams are enabled.

    `layers` are registrations in whatever form the framework wants, outermost
    first; `make(index)` gives the same form for `Seam(app, index=index)`.
    """
    if not _STATE.enabled:
        return layers
    _STATE.layers = len(layers)
    woven = [make(0)]
    for index, layer in enumerate(layers):
        woven += [layer, make(index + 1)]
    return woven


class Seam:
    """Passes everything on and tells the record that listens."""

    def __init__(self, app, index):
        """`index` 0 is outermost."""
        self.app = app
        self.index = index

    async def __call__(self, scope, receive, send):
        record = _STATE.record
        if record is None or scope["type"] not in SCOPES:
            await self.app(scope, receive, send)
            return
        index = self.index

        async def seam_receive():
            record.asks(index)
            message = await receive()
            record.received(index, message)
            return message

        async def seam_send(message):
            record.sent(index, message)
            await send(message)
            record.has_sent(index)

        record.enters(index)
        try:
            await self.app(scope, seam_receive, seam_send)
        finally:
            record.leaves(index)
