"""The middlewares of Sanic: functions that run on a request or on its response."""

import inspect

from asgi_toll_audit_imported import class_named
from asgi_toll_audit_layer import HOOK, Layer

REQUEST = "request"
RESPONSE = "response"


def knows(held):
    return isinstance(held, class_named("sanic.app", "Sanic"))


def follow(path, link, app):
    """The end of the path: hooks are not ASGI."""
    path.flat = Hooks(app, link, path)


class Hooks:
    """The functions that one request runs, in this order."""

    framework = "Sanic"

    def __init__(self, app, link, path):
        self.link = link
        names = routes_of(app, path.scope)
        self.entries = [
            *entries(app, REQUEST, names, path),
            *entries(app, RESPONSE, names, path),
        ]

    def layers(self):
        return [entry.layer for entry in self.entries]

    def without(self, removed):
        for index in removed:
            self.entries[index].remove()

    def shimmed(self, clock, first):
        for index, entry in enumerate(self.entries, first):
            entry.replace(shim(clock, index, entry.function))
        self.link.set(clock.shim(first + len(self.entries), self.link.get()))


class Entry:
    """A middleware and the collections of the application that hold it."""

    def __init__(self, held, collections, place):
        self.held = held
        self.collections = collections
        self.function = getattr(held, "func", held)
        self.layer = Layer(self.function, place, style=HOOK, itself=True)

    def remove(self):
        for collection in self.collections:
            left = [each for each in collection if each is not self.held]
            collection.clear()
            collection.extend(left)

    def replace(self, function):
        """Releases before 22.9 hold the function itself."""
        if hasattr(self.held, "func"):
            self.held.func = function
            return
        for collection in self.collections:
            for position, each in enumerate(collection):
                if each is self.held:
                    collection[position] = function


def entries(app, kind, names, path):
    """The middlewares of one kind, in the order in which Sanic runs them."""
    named = getattr(app, f"named_{kind}_middleware")
    held = [(each, None) for each in getattr(app, f"{kind}_middleware")]
    for name in names:
        held.extend((each, name) for each in named.get(name, ()))
    if all(hasattr(each, "order") for each, _ in held):
        held.sort(key=lambda pair: pair[0].order, reverse=kind == REQUEST)
    collections = [getattr(app, f"{kind}_middleware"), *named.values()]
    return [
        Entry(each, collections, f"{path.at(name and f'route {name}')}, {kind}")
        for each, name in held
    ]


def routes_of(app, scope):
    """The names of the routes that a request may take.

    Sanic's router can only be asked once it is finished, which is when the lifespan runs.
    """
    path, method = scope["path"].strip("/").split("/"), scope.get("method")
    routes = [route for route in app.router.routes if method in route.methods]
    exact = [route for route in routes if route.path.strip("/").split("/") == path]
    return [route.name for route in exact or routes if fits(route.path, path)]


def fits(pattern, path):
    """Whether a path may be one of a route: its parameters are written `<name:type>`."""
    pattern = pattern.strip("/").split("/")
    if pattern[-1].endswith(":path>"):
        path = path[: len(pattern)]
    return len(pattern) == len(path) and all(
        part.startswith("<") or part == given for part, given in zip(pattern, path)
    )


def shim(clock, index, function):
    """The function, called by the clock."""
    if inspect.iscoroutinefunction(function):

        async def shimmed(*args):
            return await clock.around(index, function, *args)

        return shimmed
    return lambda *args: clock.call(index, function, *args)
