"""Takes layers out of a running application, and puts them in again."""

from asgi_toll_audit_path import PatchStep


class Switch:
    """Made before anything is taken out: it knows how the whole is put together."""

    def __init__(self, audit):
        self.audit = audit
        self.held = [(step, step.outer.get()) for step in audit.chain.steps]
        self.flat = audit.flat if audit.flat and audit.flat.layers() else None

    @property
    def possible(self):
        """Whether the framework looks at its layers with every request, not only when it starts."""
        return self.flat is None or hasattr(self.flat, "restore")

    def to(self, removed):
        """The application without the layers of these indices, and with all others."""
        for step, held in self.held:
            put_back(step, held)
        if self.flat is not None:
            self.flat.restore()
        return self.audit.without(removed)


def put_back(step, held):
    """Undoes what `remove` of a step did."""
    if not isinstance(step, PatchStep):
        step.outer.set(held)
        return
    for patch in [step.patch, *step.path.patches]:
        if patch.package() == step.patch.package():
            patch.owner.__call__ = patch.function
