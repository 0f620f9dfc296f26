"""Finds what is to stand in place of a layer, and builds it."""

import difflib
import inspect

from asgi_toll_audit_given import accepted, named_app, parameters_of
from asgi_toll_audit_links import takes_asgi
from asgi_toll_failure import BAD_ORDER, Failure, last_lines, one_line
from asgi_toll_project import NOT_FOUND, imported

NO_MODULE = "replacement-not-found"
NO_ATTRIBUTE = "replacement-attribute"
NOT_IMPORTED = "replacement-import"
NO_LAYER = "replacement-no-layer"
NOT_BUILT = "replacement-not-built"


def layer_instead(name, inner, given):
    """The ASGI layer that `name` makes around `inner`, with those options that it takes."""
    maker = named(name)
    if takes_asgi(maker):
        raise Failure(NO_LAYER, f"{name} is an application: name what makes one around another")
    if makes_makers(maker):
        maker, given = built(name, maker, (), accepted(maker, given)), {}
    options = accepted(maker, given, besides_first=True)
    app = named_app(maker)
    if app is not None:
        options[app] = inner
    return built(name, maker, () if app else (inner,), options)


def named(name):
    """What `module:attribute` names (or `module.attribute`), imported by this process."""
    module_name, _, path = name.partition(":") if ":" in name else name.rpartition(".")
    if not module_name or not path:
        raise Failure(BAD_ORDER, f"{name!r} names no layer: write it as module:Class")
    found = module = module_named(module_name)
    for part in path.split("."):
        if not hasattr(found, part):
            like = alike(part, found)
            raise Failure(NO_ATTRIBUTE, f"module {module.__name__!r} has no {path!r}{like}")
        found = getattr(found, part)
    if not callable(found):
        kind = type(found).__name__
        raise Failure(NO_LAYER, f"{name} is of the type {kind}, not a class or function")
    return found


def module_named(name):
    """The module, or a `Failure` that says what to do."""
    try:
        return imported(name)
    except Failure as failure:
        if failure.code == NOT_FOUND:
            todo = "correct its name, or install it into the project's environment"
            raise Failure(NO_MODULE, f"{failure.message}: {todo}") from failure
        message = f"importing {name!r} failed: {failure.message}"
        raise Failure(NOT_IMPORTED, message, failure.lines) from failure


def alike(name, holder):
    """What may be meant instead of `name`."""
    names = difflib.get_close_matches(name, dir(holder))
    return f"; it has {', '.join(names)}" if names else ""


def makes_makers(maker):
    """Whether it is a class whose instances take an application, as Litestar's `ASGIMiddleware`."""
    if not isinstance(maker, type) or not inspect.isfunction(maker.__call__):
        return False
    names = [each.name for each in parameters_of(maker.__call__)]
    return names[1:] == ["app"] and not inspect.iscoroutinefunction(maker.__call__)


def built(name, maker, args, options):
    """What `maker` gives; a `Failure` where it does not take this, raises, or gives nothing."""
    check_arguments(name, maker, args, options)
    try:
        layer = maker(*args, **options)
    except Failure:
        raise
    except Exception as error:
        message = f"{name} could not be built: {one_line(error)}"
        raise Failure(NOT_BUILT, message, last_lines(error)) from error
    if not callable(layer):
        kind = type(layer).__name__
        raise Failure(NO_LAYER, f"{name} gives something of the type {kind}, which is no layer")
    return layer


def check_arguments(name, maker, args, options):
    """Says what is missing or too much, where the signature shows it."""
    try:
        signature = inspect.signature(maker)
    except (TypeError, ValueError):
        return
    if not fits(signature.bind_partial, args, options):
        raise Failure(NO_LAYER, f"{name} does not take what it is to wrap as its first argument")
    needed = [each.name for each in signature.parameters.values() if is_needed(each)]
    bound = signature.bind_partial(*args, **options).arguments
    missing = [each for each in needed if each not in bound]
    if missing:
        raise Failure(
            NO_LAYER,
            f"{name} needs {', '.join(missing)}, which the layer in its place was not given by "
            "this name: write a function that takes what is to be wrapped and gives the layer",
        )


def fits(bind, args, options):
    try:
        bind(*args, **options)
    except TypeError:
        return False
    return True


def is_needed(parameter):
    variable = (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    return parameter.default is parameter.empty and parameter.kind not in variable
