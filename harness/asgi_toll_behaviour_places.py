"""Where layers make tasks, and where they hand work to threads."""

import functools
import inspect
import sys
from collections import Counter
from concurrent.futures import Future

from asgi_toll_behaviour_owner import (
    OWNER,
    as_owner,
    files_of_harness,
    place_of,
    ranked,
    unowned,
)
from asgi_toll_exclusive_tasks import make_task
from asgi_toll_exclusive_threads import watch_anyio, watch_executors

# Who makes tasks and threads for others.
HELPERS = ("anyio", "asgiref", "asyncio", "concurrent", "contextlib", "sniffio")
BACKEND = "anyio._backends._asyncio"


class Places:
    """Where each layer asks for one kind of thing."""

    def __init__(self, owners):
        self.of = [Counter() for _ in range(owners)]
        self.between = files_of_harness()

    def note(self):
        """The layer whose code runs asks for one."""
        owner = OWNER.get()
        place = unowned(self.asked_from, sys._getframe(1))
        if owner is not None and place is not None:
            self.of[owner][place] += 1

    def asked_from(self, frame):
        """The innermost place in the layer; that in a helper where the layer is nothing else."""
        while frame is not None and self.is_between(frame):
            frame = frame.f_back
        helper = None
        while frame is not None and not self.is_between(frame):
            package = frame.f_globals.get("__name__", "").partition(".")[0]
            if package not in HELPERS:
                return place_of(frame)
            helper = place_of(frame) if package == "asgiref" else helper
            frame = frame.f_back
        return helper

    def is_between(self, frame):
        return frame.f_code.co_filename in self.between

    def told(self, owner):
        """The places of one layer as JSON, most asked first."""
        return ranked(self.of[owner])


class Hops:
    """Work for threads: noted where it is asked for, and watched where it runs."""

    def __init__(self, places, calls):
        self.places = places
        self.calls = calls

    def work(self, function):
        """`function` for a thread, as the layer that asks for it."""
        if unowned(inspect.iscoroutinefunction, function):
            return function
        self.places.note()
        owner = OWNER.get()

        def work(*args, **named):
            with self.calls.watched():
                return as_owner(owner, function, *args, **named)

        return work


def watch(loop, tasks, hops):
    """Notes tasks and threads of `loop` from now on; a function that undoes it."""
    before = loop.get_task_factory()
    loop.set_task_factory(task_factory(tasks, before))
    undoing = [
        watch_executors(loop, hops),
        watch_anyio(hops) or watch_older_anyio(hops),
        disown_callbacks(),
    ]

    def undo():
        loop.set_task_factory(before)
        for each in undoing:
            if each is not None:
                each()

    return undo


def task_factory(tasks, before):
    """A factory that notes who makes a task. `before` is the one so far, or None."""
    make = before or make_task

    def factory(loop, coro, **options):
        tasks.note()
        return make(loop, coro, **options)

    return factory


def disown_callbacks():
    """Has callbacks of work in threads belong to nobody; a function that undoes it.

    Whether the thread calls them or the layer depends on who is faster.
    """
    add = Future.add_done_callback

    def add_done_callback(future, function):
        return add(future, functools.partial(unowned, function))

    Future.add_done_callback = add_done_callback

    def undo():
        Future.add_done_callback = add

    return undo


def watch_older_anyio(hops):
    """The worker threads of anyio 3; a function that undoes it, or None."""
    backend = sys.modules.get(BACKEND)
    submit = getattr(backend, "run_sync_in_worker_thread", None)
    if submit is None:
        return None

    def run_sync(func, *args, **named):
        return submit(hops.work(func), *args, **named)

    backend.run_sync_in_worker_thread = run_sync

    def undo():
        backend.run_sync_in_worker_thread = submit

    return undo
