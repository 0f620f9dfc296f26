"""Finds the layers of a user's own application, takes them out, and puts shims between them."""

import asgi_toll_audit_blacksheep
import asgi_toll_audit_channels
import asgi_toll_audit_django
import asgi_toll_audit_falcon
import asgi_toll_audit_lilya
import asgi_toll_audit_litestar
import asgi_toll_audit_muffin
import asgi_toll_audit_quart
import asgi_toll_audit_sanic
import asgi_toll_audit_starlette
from asgi_toll_audit_arrangement import Arrangement
from asgi_toll_audit_change import Change
from asgi_toll_audit_layer import PATCHED_IN, Layer
from asgi_toll_audit_path import Path

# A further framework is one more file, and one more line here.
FRAMEWORKS = (
    asgi_toll_audit_blacksheep,
    asgi_toll_audit_channels,
    asgi_toll_audit_django,
    asgi_toll_audit_falcon,
    asgi_toll_audit_lilya,
    asgi_toll_audit_litestar,
    asgi_toll_audit_muffin,
    asgi_toll_audit_quart,
    asgi_toll_audit_sanic,
    asgi_toll_audit_starlette,
)

__all__ = ["Audit", "Layer", "audit"]


def audit(app, scope):
    """The layers that the request of `scope` passes on its way through `app`."""
    return Audit(Path(app, scope, FRAMEWORKS).walk())


class Audit:
    """The layers of an application, outermost first.

    `changed`, `without` and `shimmed` change the application in place. Call one of them, before
    the lifespan runs. A `Switch` makes changes later, and takes them back.
    """

    def __init__(self, path):
        self.chain = path.chain
        self.flat = path.flat
        self.root = path.root
        self.patches = path.patches
        self.problem = path.problem  # words, where the search ended early; else None
        self.layers = self.chain.layers() + (self.flat.layers() if self.flat else [])

    def changed(self, change):
        """The application after a `Change`."""
        return Arrangement(self, change).put()

    def without(self, removed):
        """The application without the layers of these indices."""
        return self.changed(Change.made(without=removed))

    def chains(self):
        """The places of layers that can change their order among themselves."""
        first = len(self.chain.steps)
        flat = range(first, len(self.layers)) if hasattr(self.flat, "loaded") else ()
        return [*self.chain.runs(), flat]

    def take_back_patches(self, removed):
        """Who patched a layer in may have patched others as well: that goes with it."""
        gone = {layer.origin.partition(".")[0] for layer in removed if layer.by == PATCHED_IN}
        for patch in self.patches:
            if patch.package() in gone:
                patch.take_back()
            else:
                patch.put_back()

    def shimmed(self, clock):
        """The application with a shim around each layer and around what is inside of them.

        The innermost shim has the index `len(layers)`. Where layers are hooks, it is around the
        framework's own part, in which the hooks run.
        """
        if self.flat:
            self.flat.shimmed(clock, len(self.chain.steps))
        else:
            end = self.chain.end()
            end.set(clock.shim(len(self.layers), end.get()))
        self.chain.shimmed(clock)
        return self.root.get()
