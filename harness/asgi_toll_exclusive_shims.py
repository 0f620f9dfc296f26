"""Shims between layers: they mark in the log (`asgi_toll_exclusive_log`) who goes on.

Each function here makes one kind of shim for one log. What is made is short,
and what it needs is in cells: it runs at every crossing.
"""

import threading

from asgi_toll_exclusive_log import AROUND, CALL, ENTER, ENTER_ONE, RECEIVE, SEND

LIFESPAN = "lifespan"


class Shim:
    """An application as a layer's outer neighbour sees it; `make_shim` gives it its `__call__`.

    Its attributes are those of the application.
    """

    __slots__ = ("app",)

    def __init__(self, app):
        object.__setattr__(self, "app", app)

    def __getattr__(self, name):
        if name == "app":  # only while a copy is not filled yet
            raise AttributeError(name)
        return getattr(self.app, name)

    def __setattr__(self, name, value):
        setattr(self.app, name, value)


def senders(log):
    """A function from an owner and its `send` to a `send` that is charged to that owner.

    And the code of what it makes: a layer that hands `send` on gets no other in between.
    """
    at, now, mark, stamp = log.at, log.now, log.marks.append, log.stamps.append
    push = log.owners.mark(SEND, 0)

    def charged(owner, send):
        there = push + owner

        async def shim_send(message):
            back = at[0]
            at[0] = owner
            mark(there)
            stamp(now())
            try:
                return await send(message)
            finally:
                at[0] = back
                mark(back)
                stamp(now())

        return shim_send

    return charged, charged(0, None).__code__


def receivers(log):
    """The same for `receive`."""
    at, now, mark, stamp = log.at, log.now, log.marks.append, log.stamps.append
    push = log.owners.mark(RECEIVE, 0)

    def charged(owner, receive):
        there = push + owner

        async def shim_receive():
            back = at[0]
            at[0] = owner
            mark(there)
            stamp(now())
            try:
                return await receive()
            finally:
                at[0] = back
                mark(back)
                stamp(now())

        return shim_receive

    return charged, charged(0, None).__code__


def make_shim(log, steps, index, app):
    """The shim around `app`, layer `index`.

    A task that the log does not know of (it was not made through the loop) is
    watched from here on inwards, by `steps`.
    """
    at, now, mark, stamp = log.at, log.now, log.marks.append, log.stamps.append
    entry, toll = log.owners.mark(ENTER, index), log.owners.toll
    one_more = log.owners.mark(ENTER_ONE, index) - entry
    loop, outside = log.owners.loop, log.owners.outside
    thread, own = log.thread, threading.get_ident
    charged_send, send_code = senders(log)
    charged_receive, receive_code = receivers(log)

    async def __call__(self, scope, receive, send):
        if scope["type"] == LIFESPAN or own() != thread:
            return await app(scope, receive, send)
        back = at[0]
        mark(toll)
        stamp(now())
        giver = outside if back == loop else back
        there = entry
        if getattr(send, "__code__", None) is not send_code:
            send = charged_send(giver, send)
            there += one_more
        if getattr(receive, "__code__", None) is not receive_code:
            receive = charged_receive(giver, receive)
            there += one_more
        if back == loop:
            mark(back)
            stamp(now())
            return await steps(app(scope, receive, send), index)
        at[0] = index
        mark(there)
        stamp(now())
        try:
            return await app(scope, receive, send)
        finally:
            at[0] = back
            mark(back)
            stamp(now())

    named = {"__call__": __call__, "__slots__": (), "__doc__": Shim.__doc__}
    return type("Shim", (Shim,), named)(app)


def arounds(log, steps):
    """A coroutine function that awaits `factory(*args)` as layer `index`."""
    at, now, mark, stamp = log.at, log.now, log.marks.append, log.stamps.append
    push, loop = log.owners.mark(AROUND, 0), log.owners.loop
    thread, own = log.thread, threading.get_ident

    async def around(index, factory, *args):
        if own() != thread:
            return await factory(*args)
        back = at[0]
        if back == loop:
            return await steps(awaited(factory, args), index)
        at[0] = index
        mark(push + index)
        stamp(now())
        try:
            return await factory(*args)
        finally:
            at[0] = back
            mark(back)
            stamp(now())

    return around


async def awaited(factory, args):
    """A coroutine, whatever the factory makes."""
    return await factory(*args)


def calls(log, in_thread):
    """A function that calls `function(*args)` as layer `index`.

    `in_thread` does so in a thread that is not the loop's.
    """
    at, now, mark, stamp = log.at, log.now, log.marks.append, log.stamps.append
    push = log.owners.mark(CALL, 0)
    thread, own = log.thread, threading.get_ident

    def call(index, function, *args):
        if own() != thread:
            return in_thread(index, function, *args)
        back = at[0]
        at[0] = index
        mark(push + index)
        stamp(now())
        try:
            return function(*args)
        finally:
            at[0] = back
            mark(back)
            stamp(now())

    return call
