"""Plants: layers of known cost around every application, by which the tool tests itself.

    ASGI_TOLL_PLANT   absent: nothing is planted, the application is what it is
                      `spin:NS`: each layer spends NS nanoseconds of CPU more than with `spin:0`
                      `call:K`: each layer makes K Python calls more than with `call:0`

There are as many of them as middlewares were asked for, outermost. They act on
`http` and `websocket` scopes and hand `lifespan` on. A plant of 0 is the same
code as one of more, so that two of them differ by nothing else.
"""

import os
import re
from itertools import repeat

from asgi_toll_layers import wrap
from asgi_toll_spin import loops_for

VARIABLE = "ASGI_TOLL_PLANT"
# Less than a million: a layer that spins for longer would not be calibrated in time.
FORM = re.compile(r"(spin|call):([0-9]{1,6})")
LIFESPAN = "lifespan"


class SpinPlant:
    """Spends a known time of CPU more than one that spins for no time."""

    def __init__(self, app, spin_ns):
        self.app = app
        self.loops = loops_for(spin_ns, unspun, beside=unspun) if spin_ns else 0

    async def __call__(self, scope, receive, send):
        if scope["type"] != LIFESPAN:
            for _ in repeat(None, self.loops):
                pass
        await self.app(scope, receive, send)


def unspun(app):
    """A layer that is ready to spin, and does not."""
    return SpinPlant(app, 0)


class CallPlant:
    """Makes a known number of Python calls more than one that makes none."""

    def __init__(self, app, calls):
        self.app = app
        self.calls = calls

    async def __call__(self, scope, receive, send):
        if scope["type"] != LIFESPAN:
            for _ in repeat(None, self.calls):
                nothing()
        await self.app(scope, receive, send)


def nothing():
    """What is called."""


PLANTS = {"spin": SpinPlant, "call": CallPlant}


def build(subject, kind, middlewares, workload):
    """The application of `subject`, and around it what is to be planted."""
    layer = planted(os.environ.get(VARIABLE))
    app = subject.build(kind, middlewares, workload)
    return app if layer is None else wrap(app, [layer] * middlewares)


def planted(text):
    """The layer that the variable's `text` describes, a function from app to app; or None."""
    if not text:
        return None
    found = FORM.fullmatch(text)
    if found is None:
        raise ValueError(
            f"environment variable {VARIABLE} must be spin:NS or call:K, "
            f"NS and K whole numbers below 1000000, not {text!r}"
        )
    name, number = found.groups()
    return lambda app: PLANTS[name](app, int(number))


def inside(app):
    """The application inside of what is planted around `app`."""
    while isinstance(app, tuple(PLANTS.values())):
        app = app.app
    return app
