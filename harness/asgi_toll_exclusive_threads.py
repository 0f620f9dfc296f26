"""Work in other threads under exclusive accounting: CPU time of who asked for it."""

import inspect
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from asgi_toll_exclusive_log import HOP


class Threads:
    """What threads do for the owners of one log."""

    def __init__(self, log):
        self.log = log
        self.local = threading.local()

    def work(self, function):
        """`function` to be called in a thread, charged to whoever has the loop now.

        What the loop would refuse stays as it is.
        """
        log = self.log
        if threading.get_ident() != log.thread:
            return function
        owner = log.at[0]
        log.marks.append(log.owners.mark(HOP, log.owners.toll))
        log.stamps.append(log.now())
        if not inspect.iscoroutinefunction(function):
            giver = log.owners.outside if owner == log.owners.loop else owner
            function = self.charged(giver, function)
        log.marks.append(owner)
        log.stamps.append(log.now())
        return function

    def charged(self, owner, function):
        """`function`, timed where it runs."""

        def work(*args, **named):
            # A pool may run it where it was submitted.
            if threading.get_ident() == self.log.thread:
                return function(*args, **named)
            return self.timed(owner, function, *args, **named)

        return work

    def timed(self, owner, function, *args, **named):
        """Calls `function` and charges what this thread spends on it to `owner`."""
        local = self.local
        before = getattr(local, "owner", None)
        self.turn(before)
        local.owner = owner
        try:
            return function(*args, **named)
        finally:
            self.turn(owner)
            local.owner = before

    def turn(self, owner):
        """Charges this thread's time since the last turn to `owner`, if there is one."""
        local = self.local
        now = time.thread_time_ns()
        if owner is not None:
            self.log.threads.append((owner, now - local.since))
        local.since = now

    def call(self, index, function, *args):
        """Calls `function(*args)` in this thread as layer `index`."""
        return self.timed(index, function, *args)


def watch_executors(loop, threads):
    """Charges work that goes through `loop.run_in_executor`; a function that undoes it."""
    submit = loop.run_in_executor

    def run_in_executor(executor, func, *args):
        if executor is None or isinstance(executor, ThreadPoolExecutor):
            func = threads.work(func)
        return submit(executor, func, *args)

    had = vars(loop).get("run_in_executor")
    loop.run_in_executor = run_in_executor

    def undo():
        if had is None:
            del loop.run_in_executor
        else:
            loop.run_in_executor = had

    return undo


def watch_anyio(threads):
    """The same for anyio's worker threads, which are its own; None if there is no anyio."""
    if "anyio" not in sys.modules:
        return None
    try:
        from anyio._backends._asyncio import AsyncIOBackend as backend
    except ImportError:
        return None
    name = "run_sync_in_worker_thread"
    had = vars(backend).get(name)
    if had is None:
        return None
    submit = getattr(backend, name)

    def run_sync(func, *args, **named):
        return submit(threads.work(func), *args, **named)

    setattr(backend, name, staticmethod(run_sync))
    return lambda: setattr(backend, name, had)
