"""Functions that others (Sentry, agents of APM vendors) put in place of a class's `__call__`."""

import types

from asgi_toll_audit_links import Attribute, cells, held_by


class Patch:
    """A `__call__` of class `owner` that is not the class's own."""

    def __init__(self, owner, function, cell):
        """`cell` is the link to what the patch calls in the end."""
        self.owner = owner
        self.function = function
        self.cell = cell
        self.original = cell.get()

    def package(self):
        """The top-level package of who patched."""
        return self.function.__globals__.get("__name__", "").partition(".")[0]

    def name(self):
        return f"{self.function.__globals__.get('__name__', '')}.{self.function.__qualname__}"

    def inner(self, instance):
        """The link to what the patch calls for `instance`."""
        return PatchedCall(self, instance)

    def take_back(self):
        """Puts the class's own `__call__` back."""
        self.replace(self.function, self.original)

    def put_back(self):
        """Undoes `take_back`."""
        self.replace(self.original, self.function)

    def replace(self, present, wanted):
        if vars(self.owner).get("__call__") is present:
            self.owner.__call__ = wanted


class PatchedCall:
    """A link: the original `__call__` of one instance, inside of a patch on its class."""

    def __init__(self, patch, instance):
        self.patch = patch
        self.instance = instance
        self.called = types.MethodType(patch.original, instance)

    def get(self):
        return self.called

    def set(self, value):
        self.called = value
        others, instance = self.patch.cell.get(), self.instance

        def call(itself, *args, **kwargs):
            if itself is instance:
                return value(*args, **kwargs)
            return others(itself, *args, **kwargs)

        self.patch.cell.set(call)


def patch_of(instance):
    """The patch on the class of `instance`, or on one whose `__call__` it calls; or None."""
    for owner in type(instance).__mro__:
        function = vars(owner).get("__call__")
        if function is None:
            continue
        patch = patch_on(owner, function)
        if patch is not None or not calls_super(function):
            return patch
    return None


def calls_super(function):
    return "super" in getattr(getattr(function, "__code__", None), "co_names", ())


def patch_on(owner, function):
    """The patch that `function` is on `owner`, or None if it is the class's own."""
    if not isinstance(function, types.FunctionType):
        return None
    written_in = function.__globals__.get("__name__", "").partition(".")[0]
    if written_in == owner.__module__.partition(".")[0]:
        return None
    links = [*(link for _, link in cells(function)), Attribute(function, "__wrapped__")]
    link = next((each for each in links if is_call_of(owner, held_by(each))), None)
    return None if link is None else Patch(owner, function, link)


def is_call_of(owner, function):
    """Whether `function` is the class's own `__call__`, or an earlier patch of it."""
    if not isinstance(function, types.FunctionType):
        return False
    written_in = function.__globals__.get("__name__", "").partition(".")[0]
    own = written_in == owner.__module__.partition(".")[0] and function.__name__ == "__call__"
    return own or patch_on(owner, function) is not None
