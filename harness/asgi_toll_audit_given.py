"""The options that a project registered a layer with, and which of them another one takes."""

import inspect

APP = "app"


def given(entry):
    """The options of a registration (`Middleware`, `DefineMiddleware`), by name."""
    maker = getattr(entry, "cls", None) or getattr(entry, "middleware", None)
    by_place = zip(option_names(maker), getattr(entry, "args", None) or ())
    by_name = getattr(entry, "kwargs", None) or getattr(entry, "options", None) or {}
    return {**dict(by_place), **by_name}


def option_names(maker):
    """What the positional arguments are called that are not the application."""
    names = [each.name for each in parameters_of(maker) if each.kind <= each.POSITIONAL_OR_KEYWORD]
    app = named_app(maker) or (names[0] if names else None)
    return [name for name in names if name != app]


def accepted(maker, options, besides_first=False):
    """Those of the `options` that `maker` takes by name."""
    parameters = parameters_of(maker)
    taken = {APP}
    if besides_first and named_app(maker) is None:
        taken.update(each.name for each in parameters[:1])
    names = {each.name for each in parameters if takes_name(each)}
    if any(each.kind is each.VAR_KEYWORD for each in parameters):
        names.update(options)
    return {name: value for name, value in options.items() if name in names - taken}


def named_app(maker):
    """`app`, if that is how a layer can be told what it wraps; else None."""
    is_there = any(each.name == APP and takes_name(each) for each in parameters_of(maker))
    return APP if is_there else None


def takes_name(parameter):
    return parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)


def parameters_of(maker):
    """What a callable takes; nothing where it does not tell."""
    try:
        return list(inspect.signature(maker).parameters.values())
    except (TypeError, ValueError):
        return []
