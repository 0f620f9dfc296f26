"""What a server is pointed at: `asgi_toll_serve:app`.

Reads from the environment which subject to build:

* `ASGI_TOLL_SUBJECT`  folder of the subject (holds `app.py`)
* `ASGI_TOLL_KIND`     middleware kind
* `NUM_MIDDLEWARES`    number of layers
* `ASGI_TOLL_WORKLOAD` workload, `ping` unless told otherwise
"""

import importlib.util
import os
import sys
import traceback

MODULE_NAME = "asgi_toll_subject_app"
EXIT_STATUS = 3
FRAMES_SHOWN = 6


def load_subject(folder):
    """The module `app.py` of the subject in `folder`."""
    path = os.path.join(folder, "app.py")
    if not os.path.isfile(path):
        raise FileNotFoundError(f"no app.py in the subject's folder {folder}")
    spec = importlib.util.spec_from_file_location(MODULE_NAME, path)
    module = importlib.util.module_from_spec(spec)
    # Frameworks look themselves up by module name (Quart its root path,
    # FastAPI its annotations), so it must be known before it runs.
    sys.modules[MODULE_NAME] = module
    spec.loader.exec_module(module)
    return module


def required(name):
    """The environment variable `name`, or an error that says what it is for."""
    value = os.environ.get(name)
    if not value:
        raise ValueError(f"environment variable {name} is not set (see asgi_toll_serve.py)")
    return value


def layer_count(text):
    """Number of layers out of `text`."""
    if not text.isdigit():
        raise ValueError(f"NUM_MIDDLEWARES must be a whole number, not {text!r}")
    return int(text)


def build_from_environment():
    """The ASGI application that the environment describes."""
    subject = load_subject(required("ASGI_TOLL_SUBJECT"))
    return subject.build(
        required("ASGI_TOLL_KIND"),
        layer_count(required("NUM_MIDDLEWARES")),
        os.environ.get("ASGI_TOLL_WORKLOAD") or "ping",
    )


def build_or_exit():
    """The application; what goes wrong is told shortly and ends the process.

    Servers wrap an import error in dozens of lines of their own, and some keep
    a supervisor alive that starts the worker again and again.
    """
    try:
        return build_from_environment()
    except Exception:
        kind, error, trace = sys.exc_info()
        lines = traceback.format_exception(kind, error, trace, limit=-FRAMES_SHOWN)
        sys.stderr.write("asgi-toll: the application could not be built\n" + "".join(lines))
        sys.stderr.flush()
        raise SystemExit(EXIT_STATUS) from None


app = build_or_exit()
