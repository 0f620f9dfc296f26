"""What an application is made of after a change."""

import functools

from asgi_toll_audit_path import PatchStep
from asgi_toll_audit_possible import check
from asgi_toll_audit_replace import layer_instead


class Arrangement:
    """What each link holds after a change. What it needs is built here, once.

    It is made, and put in place, only while everything is as it was in the beginning.
    """

    def __init__(self, audit, change):
        check(audit, change)
        self.audit = audit
        self.links = list(contents(audit.chain, change))
        steps = audit.chain.steps
        self.removed = [audit.layers[place] for place in change.without]
        self.patches = [
            step
            for place, step in enumerate(steps)
            if place in change.without and isinstance(step, PatchStep)
        ]
        self.flat = put_flat(audit.flat, change.within(len(steps), len(audit.layers)))

    def put(self):
        """Makes the application what it is after the change."""
        for link, content in self.links:
            link.set(content)
        for step in reversed(self.patches):
            step.remove()
        self.audit.take_back_patches(self.removed)
        if self.flat is not None:
            self.flat()
        return self.audit.root.get()


def contents(chain, change):
    """The links that a change concerns, innermost first, and what is in them then."""
    replace = dict(change.replace)
    for places in reversed(chain.runs()):
        sequence = change.sequence(places)
        if sequence == places and not replace.keys() & set(places):
            continue
        content = chain.steps[places[-1]].inner.get()
        for place in reversed(sequence):
            step = chain.steps[place]
            if place in replace:
                content = layer_instead(replace[place], content, step.layer.given)
            else:
                yield step.inner, content
                content = step.outer.get()
        yield chain.steps[places[0]].outer, content


def put_flat(flat, change):
    """A function that changes layers that are not ASGI, or None where none are concerned."""
    if not change.places():
        return None
    if hasattr(flat, "loaded"):
        return functools.partial(flat.put, flat.loaded(change))
    return functools.partial(flat.without, change.without)
