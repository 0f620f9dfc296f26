"""The middlewares of Django: a chain of `get_response`, made from `settings.MIDDLEWARE`."""

import asyncio
import contextlib
import sys

from asgi_toll_audit_django_shims import shim_factory, shim_hooks
from asgi_toll_audit_imported import class_named
from asgi_toll_audit_layer import FRAMEWORK, NESTED, Layer
from asgi_toll_audit_path import Step
from asgi_toll_audit_replace import built, named

IT_IS_DJANGO = "it is Django itself"
# What a handler has of its middlewares once they are loaded.
MADE = (
    "_view_middleware", "_template_response_middleware", "_exception_middleware",
    "_middleware_chain",
)  # fmt: skip


def knows(held):
    """Whether `held` is Django's ASGI side (and not what serves its static files)."""
    handler = class_named("django.core.handlers.asgi", "ASGIHandler")
    return isinstance(held, handler) and not callable(getattr(held, "application", None))


def follow(path, link, handler):
    """The end of the path: the rest of it is not ASGI."""
    layer = Layer(handler, path.at(), by=FRAMEWORK).keep(IT_IS_DJANGO)
    layer.options = {}
    path.add(Step(layer, link, None, passing=True))
    path.flat = Middlewares(handler, path.at())


def settings():
    return sys.modules["django.conf"].settings


class Marker(str):
    """An entry of `settings.MIDDLEWARE` that stands for a factory of our own."""

    factory = None

    @classmethod
    def of(cls, factory, name="asgi_toll_audit_django.shim"):
        marker = cls(name)
        marker.factory = factory
        return marker


class Middlewares:
    """The middlewares that one handler has loaded, outermost first."""

    def __init__(self, handler, place):
        self.handler = handler
        self.used = load(handler)
        self.all = list(settings().MIDDLEWARE)
        self.whole = self.held()
        self.told = [entry.layer(place) for entry in self.used]

    def layers(self):
        return self.told

    def held(self):
        """The setting, and what the handler has made of it."""
        return settings().MIDDLEWARE, {name: getattr(self.handler, name) for name in MADE}

    def put(self, held):
        """Makes the handler what `held` gave before."""
        settings().MIDDLEWARE, made = held
        vars(self.handler).update(made)

    def restore(self):
        """Undoes `put`."""
        self.put(self.whole)

    def loaded(self, change):
        """What the handler makes of a changed setting, to be `put`."""
        settings().MIDDLEWARE = self.setting(change)
        try:
            load(self.handler)
            return self.held()
        finally:
            self.restore()

    def setting(self, change):
        """The setting after a change; what is not in use stays where it is."""
        replace = dict(change.replace)
        listed = list(self.all)
        for entry, layer in zip(self.used, change.standing(range(len(self.used)))):
            if layer is None:
                listed[entry.position] = None
            elif layer in replace:
                listed[entry.position] = instead(replace[layer])
            else:
                listed[entry.position] = self.all[self.used[layer].position]
        return [path for path in listed if path is not None]

    def shimmed(self, clock, first):
        """Loads the middlewares with shims between them. The setting stays as it is."""
        settings().MIDDLEWARE = self.interleaved(clock, first)
        try:
            loaded = [each for each in load(self.handler) if not each.is_shim]
        finally:
            settings().MIDDLEWARE = self.all
        shim_hooks(self.handler, clock, first, loaded)

    def interleaved(self, clock, first):
        """The setting with a shim around each middleware, as asynchronous as what is outside."""
        shims = {entry.position: number for number, entry in enumerate(self.used)}
        modes = [True, *(entry.is_async for entry in self.used)]
        listed = []
        for position, path in enumerate(self.all):
            if position in shims:
                number = shims[position]
                listed.append(Marker.of(shim_factory(clock, first + number, modes[number])))
            listed.append(path)
        listed.append(Marker.of(shim_factory(clock, first + len(self.used), modes[-1])))
        return listed


class Loaded:
    """A middleware that is in use: where it stands in the setting, and what it became."""

    def __init__(self, position, path, maker, instance, is_async):
        self.position = position
        self.path = str(path)
        self.is_shim = isinstance(path, Marker)
        self.maker = maker
        self.instance = instance
        self.is_async = is_async

    def layer(self, place):
        subject = self.instance if isinstance(self.maker, type) else self.maker
        layer = Layer(subject, place, style=NESTED)
        layer.origin, layer.name = self.path, self.path.rpartition(".")[2]
        layer.options.pop("async_mode", None)  # of Django's own `MiddlewareMixin`
        layer.sync = not self.is_async or has_synchronous_hooks(self.instance)
        return layer


def has_synchronous_hooks(instance):
    """Whether it is one of those whose hooks `MiddlewareMixin` calls in a thread."""
    mixin = getattr(sys.modules.get("django.utils.deprecation"), "MiddlewareMixin", None)
    inherited = getattr(type(instance), "__acall__", None) is getattr(mixin, "__acall__", instance)
    return inherited and any(
        hasattr(instance, hook) for hook in ("process_request", "process_response")
    )


def load(handler):
    """Loads the middlewares of the setting into `handler`. Gives those in use, outermost first."""
    listed, loaded = list(settings().MIDDLEWARE), []
    positions = iter(range(len(listed) - 1, -1, -1))  # as Django asks for them

    def recorded(path, genuine):
        position = next(positions)
        maker = path.factory if isinstance(path, Marker) else genuine(path)

        def factory(get_response):
            instance = maker(get_response)
            is_async = is_coroutine_function(get_response)
            loaded.insert(0, Loaded(position, path, maker, instance, is_async))
            return instance

        factory.sync_capable = getattr(maker, "sync_capable", True)
        factory.async_capable = getattr(maker, "async_capable", False)
        return factory

    with imports_through(recorded):
        handler.load_middleware(is_async=True)
    return loaded


@contextlib.contextmanager
def imports_through(replacement):
    """Lets Django ask `replacement` for what it would import."""
    base = sys.modules["django.core.handlers.base"]
    genuine = base.import_string
    base.import_string = lambda path: replacement(path, genuine)
    try:
        yield
    finally:
        base.import_string = genuine


def is_coroutine_function(function):
    """As Django sees it: also what is only marked as one."""
    check = getattr(sys.modules.get("asgiref.sync"), "iscoroutinefunction", None)
    return (check or asyncio.iscoroutinefunction)(function)


def instead(name):
    """An entry of the setting for the middleware that `name` names."""
    maker = named(name)

    def factory(get_response):
        return built(name, maker, (get_response,), {})

    factory.sync_capable = getattr(maker, "sync_capable", True)
    factory.async_capable = getattr(maker, "async_capable", False)
    return Marker.of(factory, name)
