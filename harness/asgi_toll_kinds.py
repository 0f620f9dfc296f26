"""Middleware kinds that every subject has, and how a subject finds the layers of a kind.

What a *registration* is, is the framework's business: Starlette's
`Middleware(cls, **options)`, Litestar's `DefineMiddleware(cls, **options)`, or
`functools.partial(cls, **options)` where the layers are put around the
application. The subject hands over the function that makes one.
"""

import functools

from asgi_toll_calibration import (
    BlockLayer,
    BufferLayer,
    BufferRequestLayer,
    NewTaskLayer,
    SleepLayer,
    SpinLayer,
    ThreadHopLayer,
)
from asgi_toll_layers import HeaderLayer, PassLayer, wrap
from asgi_toll_seams import Seam, interleave
from asgi_toll_subject import pick, raw_marks

# Kind to the class of its layers and their options, all alike.
ALIKE = {
    "asgi": (PassLayer, {}),
    "spin-0.5us": (SpinLayer, {"spin_ns": 500}),
    "spin-1us": (SpinLayer, {"spin_ns": 1000}),
    "spin-2us": (SpinLayer, {"spin_ns": 2000}),
    "spin-5us": (SpinLayer, {"spin_ns": 5000}),
    "spin-20us": (SpinLayer, {"spin_ns": 20000}),
    "sleep-1ms": (SleepLayer, {"seconds": 0.001}),
    "block-1ms": (BlockLayer, {"seconds": 0.001}),
    "thread-hop": (ThreadHopLayer, {}),
    "new-task": (NewTaskLayer, {}),
    "buffer": (BufferLayer, {}),
    "buffer-request": (BufferRequestLayer, {}),
}


class LayersDropped(Exception):
    """The application holds another number of layers than was asked for."""


def expect_layers(found, asked):
    """Layers that leave no mark in the answer are counted where they are registered."""
    if found != asked:
        raise LayersDropped(f"asked for {asked} layers, the application holds {found}")


def expect_wrapped(outermost, app, asked):
    """Counts the layers around `app` by going inwards from the outermost."""
    found = 0
    while outermost is not None and outermost != app:
        outermost = getattr(outermost, "app", None)
        found += 1
    expect_layers(found, asked)


def around(app, layers):
    """`app` inside `layers`, functions from app to app, and counted there."""
    outermost = wrap(app, layers)
    expect_wrapped(outermost, app, len(layers))
    return outermost


def alike(name, register, middlewares):
    layer, options = ALIKE[name]
    return [register(layer, **options) for _ in range(middlewares)]


def headers(register, middlewares):
    return [register(HeaderLayer, header=pair) for pair in raw_marks(middlewares)]


def shared(register):
    """Kind to the function that gives the registrations of so many layers."""
    kinds = {name: functools.partial(alike, name, register) for name in ALIKE}
    kinds["asgi-header"] = functools.partial(headers, register)
    return kinds


def asgi_layers(own, kind, middlewares, register):
    """Registrations of the ASGI layers of a kind, outermost first.

    `own` are the subject's kinds; seams are put between the layers when wanted.
    """
    make = pick({**shared(register), **own}, kind, "middleware kind")
    layers = make(middlewares)
    expect_layers(len(layers), middlewares)
    return interleave(layers, lambda index: register(Seam, index=index))


def functions_or_layers(own, kind, middlewares):
    """For frameworks whose middlewares are functions: theirs, and ASGI layers to put around.

    One of the two lists is empty. A layer is a function from app to app.
    """
    if kind in own:
        return own[kind](middlewares), []
    return [], asgi_layers(own, kind, middlewares, functools.partial)
