"""What a server is pointed at: `asgi_toll_serve:app`.

Reads from the environment which subject to build:

* `ASGI_TOLL_SUBJECT`  folder of the subject (holds `app.py`)
* `ASGI_TOLL_KIND`     middleware kind
* `NUM_MIDDLEWARES`    number of layers
* `ASGI_TOLL_WORKLOAD` workload, `ping` unless told otherwise
* `ASGI_TOLL_PLANT`    known layers around the application (`asgi_toll_plant`), or nothing

With `ASGI_TOLL_APP` it is the user's own application instead (`asgi_toll_served`).
"""

import os
import sys
import traceback

import asgi_toll_plant
import asgi_toll_project
from asgi_toll_load_subject import load_subject, required

EXIT_STATUS = 3
FRAMES_SHOWN = 6


def layer_count(text):
    """Number of layers out of `text`."""
    if not text.isdigit():
        raise ValueError(f"NUM_MIDDLEWARES must be a whole number, not {text!r}")
    return int(text)


def build_from_environment():
    """The ASGI application that the environment describes."""
    if asgi_toll_project.is_asked_for():
        # Only here: it looks into frameworks, which subjects are spared.
        import asgi_toll_served

        return asgi_toll_served.build(os.environ)
    subject = load_subject(required("ASGI_TOLL_SUBJECT"))
    return asgi_toll_plant.build(
        subject,
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
