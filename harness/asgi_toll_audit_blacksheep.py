"""The middlewares of BlackSheep: a chain of handlers around each route."""

from asgi_toll_audit_imported import class_named
from asgi_toll_audit_layer import FRAMEWORK, NESTED, Layer
from asgi_toll_audit_path import Step

IT_IS_BLACKSHEEP = "it is BlackSheep itself"


def knows(held):
    return isinstance(held, class_named("blacksheep.server.application", "Application"))


def follow(path, link, app):
    """The end of the path: the rest of it is not ASGI."""
    layer = Layer(app, path.at(), by=FRAMEWORK).keep(IT_IS_BLACKSHEEP)
    layer.options = {}
    path.add(Step(layer, link, None, passing=True))
    path.flat = Handlers(app, path.at())


class Handlers:
    """The middlewares of an application, outermost first. It makes chains of them at start."""

    framework = "BlackSheep"

    def __init__(self, app, place):
        self.app = app
        self.told = [layer_of(each, place) for each in app.middlewares]

    def layers(self):
        return self.told

    def without(self, removed):
        items = self.items()
        self.put([item for index, item in enumerate(items) if index not in removed])

    def shimmed(self, clock, first):
        """Puts a middleware that only has the clock call what is inside before each."""
        items = self.items()
        put = []
        for index, item in enumerate(items):
            put.extend((like(item, shim(clock, first + index)), item))
        innermost = shim(clock, first + len(items))
        if items or not hasattr(self.app.middlewares, "_middlewares"):
            self.put([*put, like(items[-1] if items else None, innermost)])
        else:
            self.app.middlewares.append(innermost)

    def items(self):
        """What the application's list holds, sorted: functions, or functions with a category."""
        held = self.app.middlewares
        list(held)  # sorts it
        return list(getattr(held, "_middlewares", held))

    def put(self, items):
        """Makes `items` what the application's list holds."""
        held = getattr(self.app.middlewares, "_middlewares", self.app.middlewares)
        held[:] = items


def layer_of(middleware, place):
    return Layer(middleware, place, style=NESTED, itself=True)


def like(item, function):
    """`function` in the category of `item`: it stays where it is put."""
    if not hasattr(item, "category"):
        return function
    return type(item)(function, item.category, item.priority)


def shim(clock, index):
    # BlackSheep looks at the names of the parameters.
    async def shimmed(request, handler):
        return await clock.around(index, handler, request)

    return shimmed
