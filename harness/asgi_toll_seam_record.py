"""What the seams see of one request, put together (see `asgi_toll_seams`)."""

import contextvars

BODY_TYPES = frozenset(("http.request", "http.response.body"))


class Passage:
    """Bodies on their way through one layer in one direction."""

    def __init__(self):
        # Objects that came in, by identity. Kept, so that no identity is used twice.
        self.known = {}
        self.held = {}
        self.pieces = 0
        self.held_bytes = 0
        self.held_most = 0
        self.copied_bytes = 0

    def take_in(self, body):
        """The layer is handed `body`."""
        key = id(body)
        self.known[key] = body
        self.held[key] = self.held.get(key, 0) + 1
        self.held_bytes += len(body)
        self.pieces += bool(body)

    def give_on(self, body, last):
        """The layer hands `body` on, the last one of the message if `last`."""
        key = id(body)
        if body and key not in self.known:
            self.copied_bytes += len(body)
        if last or not self.held.get(key):
            # An object that did not come in may carry all that did (compressed,
            # joined, rewritten): then the layer holds nothing that is known of.
            self.held.clear()
            self.held_bytes = 0
        else:
            self.held[key] -= 1
            self.held_bytes -= len(body)

    def rest(self):
        """Something else goes on: what the layer still has, it holds."""
        self.held_most = max(self.held_most, self.held_bytes)


class SeamRecord:
    """What the seams saw of one request through `layers` layers."""

    def __init__(self, layers):
        self.layers = layers
        self.seen = set()
        self.messages_sent = 0
        self.messages_received = 0
        self.contextvars_lost = 0
        self.requests = [Passage() for _ in range(layers)]
        self.responses = [Passage() for _ in range(layers)]
        # One variable per seam. They are never garbage, which is why a record
        # does not make them: see `_variable`.
        self.marks = {}

    def enters(self, index):
        """Seam `index` is called, and sets a context variable of its own."""
        self.seen.add(index)
        if index:
            self.requests[index - 1].rest()
        mark = self.marks[index] = object()
        _variable(index).set(mark)

    def leaves(self, index):
        """What seam `index` called has ended: is what was set inside visible here?"""
        mark = self.marks.get(index + 1)
        if mark is not None and _variable(index + 1).get(None) is not mark:
            self.contextvars_lost += 1

    def asks(self, index):
        """The layer inside of seam `index` wants a message."""
        if index < self.layers:
            self.requests[index].rest()
        if index:
            self.requests[index - 1].rest()

    def received(self, index, message):
        """A message passes seam `index` inwards."""
        body = _body(message)
        if index < self.layers:
            self.messages_received += 1
            if body is not None:
                self.requests[index].take_in(body)
        if index and body is not None:
            self.requests[index - 1].give_on(body, not message.get("more_body", False))

    def sent(self, index, message):
        """A message passes seam `index` outwards."""
        body = _body(message)
        if index < self.layers:
            self.messages_sent += 1
            if body is not None:
                self.responses[index].give_on(body, not message.get("more_body", False))
        if index and body is not None:
            self.responses[index - 1].take_in(body)

    def has_sent(self, index):
        """What lies inside of seam `index` goes on after its message was taken."""
        # A body in one piece may just be on its way through a queue.
        if index and self.responses[index - 1].pieces > 1:
            self.responses[index - 1].rest()

    def counts(self):
        """The finished counts, name to number."""
        passages = self.requests + self.responses
        return {
            "seams": len(self.seen),
            "layer_messages_sent": self.messages_sent,
            "layer_messages_received": self.messages_received,
            "copied_bytes": sum(passage.copied_bytes for passage in passages),
            "held_bytes": max((passage.held_most for passage in passages), default=0),
            "contextvars_lost": self.contextvars_lost,
        }


_VARIABLES = {}


def _variable(index):
    """The context variable of seam `index`.

    A `ContextVar` lives as long as the process, so there is one per seam, not
    one per request.
    """
    if index not in _VARIABLES:
        _VARIABLES[index] = contextvars.ContextVar("asgi_toll_seam_%d" % index)
    return _VARIABLES[index]


def _body(message):
    """The body that `message` carries, or None."""
    if message["type"] not in BODY_TYPES:
        return None
    return message.get("body", b"")
