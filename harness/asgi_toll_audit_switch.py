"""Changes a running application, and makes it again what it was."""

from asgi_toll_audit_arrangement import Arrangement
from asgi_toll_audit_path import PatchStep


class Switch:
    """Made before anything is changed: it knows how the whole is put together.

    What a change needs is built when it is asked for first, and kept: going to and fro builds
    nothing.
    """

    def __init__(self, audit):
        self.audit = audit
        self.held = [(link, link.get()) for link in links(audit.chain)]
        self.patched = [step for step in audit.chain.steps if isinstance(step, PatchStep)]
        self.flat = audit.flat if audit.flat and audit.flat.layers() else None
        self.made = {}

    @property
    def possible(self):
        """Whether the framework looks at its layers with every request, not only when it starts."""
        return self.flat is None or hasattr(self.flat, "restore")

    def to(self, change):
        """The application after this change alone."""
        self.restore()
        if change not in self.made:
            self.made[change] = Arrangement(self.audit, change)
        return self.made[change].put()

    def restore(self):
        """Puts everything back that was there in the beginning."""
        for link, held in self.held:
            if link.get() is not held:
                link.set(held)
        for step in self.patched:
            put_back(step)
        if self.flat is not None:
            self.flat.restore()


def links(chain):
    """Everything that a change of ASGI layers may put something else into."""
    steps = [step for step in chain.steps if not isinstance(step, PatchStep)]
    found = [link for step in steps for link in (step.outer, step.inner) if link is not None]
    return {id(link): link for link in found}.values()


def put_back(step):
    """Undoes what `remove` of a step did."""
    for patch in [step.patch, *step.path.patches]:
        if patch.package() == step.patch.package():
            patch.owner.__call__ = patch.function
