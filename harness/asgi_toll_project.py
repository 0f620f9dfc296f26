"""The user's own application, imported as its server would import it.

    ASGI_TOLL_APP          `module:attribute`
    ASGI_TOLL_APP_FACTORY  `1` if the attribute is a function that makes the application
    ASGI_TOLL_APP_DIR      folder that modules are looked for in first
"""

import importlib
import os
import sys

from asgi_toll_failure import Failure, last_lines, one_line

NOT_FOUND = "app-not-found"
NO_ATTRIBUTE = "app-attribute"
NOT_IMPORTED = "app-import"
NEEDS_VARIABLE = "app-needs-variable"
NOT_ASGI = "app-not-asgi"


class Project:
    """An application that can be had once in every process."""

    def __init__(self, target, is_factory):
        self.target = target
        self.is_factory = is_factory

    def application(self):
        """The ASGI callable."""
        made = self.target() if self.is_factory else self.target
        if not callable(made):
            hint = "" if self.is_factory else "; a function that makes it needs --factory"
            raise Failure(NOT_ASGI, f"{type(made).__name__} is no ASGI application{hint}")
        return made


def is_asked_for():
    """Whether this process is to hold the user's own application."""
    return bool(os.environ.get("ASGI_TOLL_APP"))


def load():
    """Imports the application. What goes wrong is a `Failure` that says which step it was."""
    spec = os.environ["ASGI_TOLL_APP"]
    sys.path.insert(0, os.environ.get("ASGI_TOLL_APP_DIR") or os.getcwd())
    name, _, path = spec.partition(":")
    return Project(attribute(imported(name), path or "app"), is_factory())


def is_factory():
    """Whether the attribute makes the application."""
    return os.environ.get("ASGI_TOLL_APP_FACTORY") == "1"


def imported(name):
    """The module of that name."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        missing = error.name or ""
        if name == missing or name.startswith(missing + "."):
            raise Failure(NOT_FOUND, f"there is no module {missing!r}") from error
        raise failed(NOT_IMPORTED, error) from error
    except KeyError as error:
        # `os.environ["X"]` at import; any other missing key reads alike.
        raise failed(NEEDS_VARIABLE if in_environ(error) else NOT_IMPORTED, error) from error
    except (Exception, SystemExit) as error:
        raise failed(NOT_IMPORTED, error) from error


def failed(code, error):
    """What the import ended with."""
    error.__traceback__ = from_its_own_lines(error.__traceback__)
    return Failure(code, one_line(error), last_lines(error))


def from_its_own_lines(trace):
    """The traceback without what imports; all of it where there is nothing else."""
    own = trace
    while own is not None and is_importing(own.tb_frame):
        own = own.tb_next
    return own or trace


def is_importing(frame):
    """Whether a frame is ours or the import system's."""
    name = frame.f_globals.get("__name__", "")
    return name == __name__ or name.partition(".")[0] == "importlib"


def in_environ(error):
    """Whether a KeyError was raised by `os.environ`."""
    trace = error.__traceback__
    while trace.tb_next is not None:
        trace = trace.tb_next
    return trace.tb_frame.f_globals.get("__name__") == "os"


def attribute(module, path):
    """What the dotted `path` names in `module`."""
    found = module
    for part in path.split("."):
        if not hasattr(found, part):
            raise Failure(NO_ATTRIBUTE, f"module {module.__name__!r} has no {path!r}{like(module)}")
        found = getattr(found, part)
    return found


def like(module):
    """The callables of `module` that may be meant."""
    names = [
        name
        for name, value in vars(module).items()
        if callable(value) and hasattr(type(value), "__call__") and not isinstance(value, type)
        and not name.startswith("_") and is_asgi_like(value)
    ]  # fmt: skip
    return f"; it has {', '.join(names)}" if names else ""


def is_asgi_like(value):
    """Whether calling `value` takes scope, receive and send, as far as it shows."""
    code = getattr(type(value).__call__, "__code__", None) or getattr(value, "__code__", None)
    names = code.co_varnames[: code.co_argcount] if code is not None else ()
    return tuple(names[-3:]) == ("scope", "receive", "send")
