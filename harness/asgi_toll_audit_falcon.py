"""The middleware components of Falcon (its ASGI side): flat lists of hook methods."""

from asgi_toll_audit_imported import class_named
from asgi_toll_audit_layer import HOOK, Layer

METHODS = ("process_request", "process_resource", "process_response")


def knows(held):
    return isinstance(held, class_named("falcon.asgi.app", "App"))


def follow(path, link, app):
    """The end of the path: hooks are not ASGI."""
    path.flat = Components(app, link, path.at())


class Components:
    """The components of one application that have hooks for requests."""

    framework = "Falcon"

    def __init__(self, app, link, place):
        self.app = app
        self.link = link
        self.all = held = list(app._unprepared_middleware)
        self.positions = [n for n, each in enumerate(held) if has_hooks(each)]
        self.components = [held[n] for n in self.positions]
        self.told = [Layer(each, place, style=HOOK) for each in self.components]

    def layers(self):
        return self.told

    def without(self, removed):
        gone = {self.positions[index] for index in removed}
        self.put([each for n, each in enumerate(self.all) if n not in gone])

    def restore(self):
        """Undoes `without`."""
        self.put(self.all)

    def put(self, components):
        """Makes these the components of the application."""
        self.app._unprepared_middleware[:] = components
        self.app._middleware = self.prepared(components)

    def shimmed(self, clock, first):
        """Has the clock call each hook, and the application with its hooks inside of it."""
        self.app._middleware = self.merged(
            [
                self.timed(clock, first + index, self.prepared([component]))
                for index, component in enumerate(self.components)
            ]
        )
        self.prepared(self.app._unprepared_middleware)  # the hooks of WebSockets, as they were
        self.link.set(clock.shim(first + len(self.components), self.link.get()))

    def prepared(self, components):
        """The lists of hooks that Falcon makes of components."""
        independent = self.app._independent_middleware
        return self.app._prepare_middleware(components, independent_middleware=independent)

    def timed(self, clock, index, prepared):
        """The same lists, with each hook called by the clock."""
        request, resource, response = prepared
        if self.app._independent_middleware:
            request = [timed_hook(clock, index, hook) for hook in request]
        else:
            request = [tuple(timed_hook(clock, index, hook) for hook in pair) for pair in request]
        resource = [timed_hook(clock, index, hook) for hook in resource]
        return request, resource, [timed_hook(clock, index, hook) for hook in response]

    def merged(self, lists):
        """The lists of all components in one: responses run the other way round."""
        request = [hook for each in lists for hook in each[0]]
        resource = [hook for each in lists for hook in each[1]]
        response = [hook for each in reversed(lists) for hook in each[2]]
        return tuple(request), tuple(resource), tuple(response)


def has_hooks(component):
    names = [*METHODS, *(f"{name}_async" for name in METHODS)]
    return any(hasattr(component, name) for name in names)


def timed_hook(clock, index, hook):
    if hook is None:
        return None

    async def timed(*args):
        return await clock.around(index, hook, *args)

    return timed
