"""What went over the borders between layers in one request, in its order."""

import itertools

from asgi_toll_behaviour_messages import BODIES, REQUESTS, STARTS, Message, snapshot
from asgi_toll_behaviour_nested import Passage


class Record:
    """One request at all borders that it came to.

    `settles` has borders wait until what they handed out has come as far as it goes. `splits` has
    them hand out a body of one message in two.
    """

    def __init__(self, settles=False, splits=False):
        self.settles = settles
        self.splits = splits
        self.borders = {}
        self.passages = {}
        self.entered = set()
        self.tick = itertools.count().__next__

    def border(self, index):
        """The border outside of layer `index`, where it is one of ASGI."""
        self.entered.add(index)
        if index not in self.borders:
            self.borders[index] = Border(self.tick)
        return self.borders[index]

    def passage(self, index, args):
        """The call that has come to layer `index`, where layers are not of ASGI."""
        passage = Passage(args)
        self.entered.add(index)
        # The first one counts: hooks are called after those that are around one another.
        self.passages.setdefault(index, passage)
        return passage

    def outside(self, index):
        """The next border outside of that of layer `index`, or None."""
        return self.borders.get(max((n for n in self.borders if n < index), default=None))

    def sides(self, outer, inner):
        """Both of these borders, where the request came over both and both are of ASGI."""
        return both_of(self.borders, outer, inner)

    def calls(self, outer, inner):
        """The same for calls."""
        return both_of(self.passages, outer, inner)


def both_of(held, outer, inner):
    both = held.get(outer), held.get(inner)
    return None if None in both else both


class Border:
    """The messages of one border, and with what it was entered first."""

    def __init__(self, tick):
        self.tick = tick
        self.entered_at = None
        self.scope = None
        self.given = ()
        self.handed = ()
        self.received = []
        self.sent = []
        self.awaited = set()

    def enter(self, scope, given, handed):
        """`given` are the callables that came, `handed` those that go on in their place."""
        if self.entered_at is not None:
            return
        self.entered_at = self.tick()
        self.scope = snapshot(scope)
        self.given = given
        self.handed = handed

    def note_received(self, message):
        self.received.append(Message(self.tick(), message))

    def note_sent(self, message):
        self.sent.append(Message(self.tick(), message))

    @property
    def requests(self):
        return [message for message in self.received if message.kind in REQUESTS]

    @property
    def starts(self):
        return [message for message in self.sent if message.kind in STARTS]

    @property
    def bodies(self):
        return [message for message in self.sent if message.kind in BODIES]

    def has_started(self):
        """Whether a response's start was sent."""
        return bool(self.starts)

    def has_bytes(self):
        """Whether a part of the response's body was sent."""
        return any(message.body for message in self.bodies)
