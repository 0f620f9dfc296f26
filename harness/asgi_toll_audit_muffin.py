"""The layers of Muffin (and ASGI-Tools): around the application, and around its handlers."""

import functools
import types

from asgi_toll_audit_imported import class_named
from asgi_toll_audit_layer import FRAMEWORK, NESTED, Layer
from asgi_toll_audit_links import Attribute
from asgi_toll_audit_path import Step

IT_IS_MUFFIN = "it is Muffin itself"


def knows(held):
    """Whether `held` is an application, or the method that runs inside of its ASGI layers."""
    return is_application(held) or is_process(held)


def is_application(held):
    return isinstance(held, class_named("asgi_tools.app", "App"))


def is_process(held):
    return isinstance(held, types.MethodType) and is_application(held.__self__)


def follow(path, link, held):
    """Past the ASGI layers, then the inner ones, which are the end of the path."""
    if is_application(held):
        path.place = path.at()
        return Attribute(held.lifespan, "app")
    app = held.__self__
    layer = Layer(app, path.at(), by=FRAMEWORK).keep(IT_IS_MUFFIN)
    layer.options = {}
    path.add(Step(layer, link, None, passing=True))
    path.flat = Handlers(app, path.at())
    return None


class Handlers:
    """The middlewares that an application calls with a request, outermost first."""

    framework = "Muffin"

    def __init__(self, app, place):
        self.app = app
        self.all = list(app.internal_middlewares)
        self.told = [
            Layer(each, place, style=NESTED, itself=True) for each in app.internal_middlewares
        ]

    def layers(self):
        return self.told

    def without(self, removed):
        self.put([each for index, each in enumerate(self.all) if index not in removed])

    def restore(self):
        """Undoes `without`."""
        self.put(self.all)

    def put(self, middlewares):
        """Makes these the middlewares of the application."""
        self.app.internal_middlewares[:] = middlewares
        self.build(lambda index, handler: handler)

    def shimmed(self, clock, first):
        self.build(lambda index, handler: shim(clock, first + index, handler))

    def build(self, around):
        """Makes the chain as Muffin does, with each handler as `around` gives it."""
        middlewares = list(enumerate(self.app.internal_middlewares))
        handler = around(len(middlewares), self.app.__match__)
        for index, middleware in reversed(middlewares):
            handler = around(index, functools.partial(middleware, handler))
        self.app.__app__ = handler


def shim(clock, index, handler):
    async def shimmed(*args):
        return await clock.around(index, handler, *args)

    return shimmed
