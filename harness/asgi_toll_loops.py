"""Event loops: the one that a series asks for, and the one that counts."""

import asyncio
import selectors
import time

from asgi_toll_rest import Rest


class WatchedSelector(selectors.DefaultSelector):
    """The usual selector, and what counting needs of it.

    Within `rest`, other threads come to rest before the loop goes on. Otherwise
    whether a thread is ready in this iteration or in the next is a race, and no
    two runs count the same. `waited_ns` is the time that passed in here without
    using the CPU.
    """

    def __init__(self):
        super().__init__()
        self.rest = Rest()
        self.waited_ns = 0

    def select(self, timeout=None):
        """As `selectors` has it."""
        if self.rest.orderly:
            self.rest.come()
            return self.select_open(timeout)
        before = idle_ns()
        ready = super().select(timeout)
        self.waited_ns += idle_ns() - before
        return ready

    def select_open(self, timeout):
        """Waits with the gate open: what is waited for may be behind it."""
        self.rest.gate.open()
        try:
            return super().select(timeout)
        finally:
            self.rest.gate.close()


def idle_ns():
    """Wall time that this thread did not spend on the CPU, from some moment on."""
    return time.perf_counter_ns() - time.thread_time_ns()


def new_loop(name):
    """A new event loop: uvloop's if `name` says so, else asyncio's."""
    if name == "uvloop":
        import uvloop  # only there if the environment has it

        return uvloop.new_event_loop()
    return asyncio.new_event_loop()


def new_counting_loop():
    """An asyncio loop on a `WatchedSelector`, and that selector."""
    selector = WatchedSelector()
    return asyncio.SelectorEventLoop(selector), selector
