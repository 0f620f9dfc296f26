"""How an application differs from what it is: layers taken out, replaced, or in another order."""

from __future__ import annotations

from typing import NamedTuple

from asgi_toll_failure import BAD_ORDER, Failure


class Change(NamedTuple):
    """Layers by their places from outside, as they are before anything is changed.

    `replace` are pairs of a place and the name of what is to stand there, `order` are places in
    the order that these layers are to have; they take one another's positions.
    """

    without: frozenset[int] = frozenset()
    replace: tuple[tuple[int, str], ...] = ()
    order: tuple[int, ...] = ()

    @classmethod
    def of(cls, order):
        """What an order of the tool says, where all of it may be missing."""
        try:
            return cls.made(
                map(int, order.get("without", ())),
                {int(place): str(name) for place, name in order.get("replace", {}).items()},
                map(int, order.get("order", ())),
            )
        except (AttributeError, TypeError, ValueError) as error:
            raise Failure.of(BAD_ORDER, error) from error

    @classmethod
    def made(cls, without=(), replace=None, order=()):
        """The same of any collections."""
        pairs = tuple(sorted((replace or {}).items()))
        return cls(frozenset(without), pairs, tuple(order))

    def places(self):
        """All places that it names."""
        return {*self.without, *self.order, *(place for place, _ in self.replace)}

    def moved(self):
        """The places that other layers take, from outside."""
        return [place for place, layer in zip(sorted(self.order), self.order) if place != layer]

    def standing(self, places):
        """The layer that stands at each of some `places` of one chain, None where none is left."""
        ordered = dict(zip(sorted(self.order), self.order))
        layers = [ordered.get(place, place) for place in places]
        return [None if layer in self.without else layer for layer in layers]

    def sequence(self, places):
        """The layers that are left of those at `places`, in their new order."""
        return [layer for layer in self.standing(places) if layer is not None]

    def within(self, first, end):
        """The part of the change between two places, as if the first were the outermost."""

        def inside(places):
            return [place - first for place in places if first <= place < end]

        replace = {place - first: name for place, name in self.replace if first <= place < end}
        return self.made(inside(self.without), replace, inside(self.order))
