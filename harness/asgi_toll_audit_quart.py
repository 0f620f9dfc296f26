"""The layers of Quart: wrappers of `asgi_app`, and functions before and after requests."""

import functools
import inspect
import types

from asgi_toll_audit_imported import class_named
from asgi_toll_audit_layer import HOOK, Layer
from asgi_toll_audit_links import Attribute

BEFORE = "before_request"
AFTER = "after_request"


def knows(held):
    """Whether `held` is an application, or the method that its wrappers wrap."""
    return is_application(held) or is_method(held)


def is_application(held):
    return isinstance(held, class_named("quart.app", "Quart"))


def is_method(held):
    """Whether it is `Quart.asgi_app` itself."""
    return isinstance(held, types.MethodType) and is_application(held.__self__)


def follow(path, link, held):
    """Past what is wrapped around `asgi_app`, then the hooks, which are the end of the path."""
    if is_application(held):
        path.place = path.at()
        return Attribute(held, "asgi_app")
    path.flat = Hooks(held.__self__, link, path)
    return None


class Hooks:
    """The functions that one request runs before and after its handler, in this order."""

    framework = "Quart"

    def __init__(self, app, link, path):
        self.app = app
        self.link = link
        self.entries = [*entries(app, path, BEFORE), *entries(app, path, AFTER)]
        self.all = [(entry.held, list(entry.held)) for entry in self.entries]

    def layers(self):
        return [entry.layer for entry in self.entries]

    def without(self, removed):
        gone = [self.entries[index] for index in removed]
        for entry in sorted(gone, key=lambda entry: entry.position, reverse=True):
            del entry.held[entry.position]

    def restore(self):
        """Undoes `without`."""
        for held, functions in self.all:
            held[:] = functions

    def shimmed(self, clock, first):
        for index, entry in enumerate(self.entries, first):
            entry.held[entry.position] = shim(clock, index, entry.held[entry.position])
        self.link.set(clock.shim(first + len(self.entries), self.link.get()))


class Entry:
    """A function in one of the application's lists."""

    def __init__(self, held, position, place):
        self.held = held
        self.position = position
        self.layer = Layer(held[position], place, style=HOOK, itself=True)


def entries(app, path, kind):
    """The functions of one kind, in the order in which they run."""
    lists = getattr(app, f"{kind}_funcs")
    names = [None, *reversed(blueprints(app, path.scope))]
    if kind == AFTER:
        names.reverse()
    found = []
    for name in names:
        place = path.at(None if name is None else f"blueprint {name}")
        held = lists.get(name) or []
        order = range(len(held)) if kind == BEFORE else reversed(range(len(held)))
        found.extend(Entry(held, position, f"{place}, {kind}") for position in order)
    return found


def blueprints(app, scope):
    """The blueprints of the handler of a request, innermost first."""
    try:
        adapter = app.url_map.bind("", url_scheme=scope.get("scheme", "http"))
        endpoint = adapter.match(scope["path"], method=scope.get("method"))[0]
    except Exception:  # no such route
        return []
    names = endpoint.rpartition(".")[0].split(".") if "." in endpoint else []
    return [".".join(names[: n + 1]) for n in range(len(names))][::-1]


def shim(clock, index, function):
    """The function, called by the clock. A synchronous one stays one: Quart has threads for it."""
    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def shimmed(*args):
            return await clock.around(index, function, *args)

        return shimmed

    @functools.wraps(function)
    def called(*args):
        return clock.call(index, function, *args)

    return called
