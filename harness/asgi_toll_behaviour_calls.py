"""Which Python functions each layer enters, by `sys.setprofile`."""

import _weakrefset
import contextlib
import sys
import threading
import weakref
from collections import Counter

from asgi_toll_audit_layer import absolute
from asgi_toll_behaviour_owner import OWNER, file_name, files_of_harness, name_of, place_of, ranked
from asgi_toll_calls import Starts
from asgi_toll_profile import starts

MOST = 8
# What routes are asked with whether they are for a request.
MATCHERS = ("matches", "match")
ROUTING = ("route", "routing")
# What is called in these when threads come and go depends on how fast they are.
BY_CHANCE = tuple(module.__file__ for module in (_weakrefset, threading, weakref))


class Entries:
    """The functions that one layer entered."""

    def __init__(self):
        self.starts = Starts()
        self.walkers = Counter()  # places that ask routes

    def note(self, frame):
        """A function begins to run."""
        code = frame.f_code
        self.starts.note(code)
        if code.co_name in MATCHERS and is_routing(code):
            caller = frame.f_back
            # A route that asks the class it is made of is one route.
            if caller is not None and caller.f_code.co_name not in MATCHERS:
                self.walkers[place_of(caller)] += 1

    def told(self):
        """The functions as JSON, most entered first; and who asked the routes."""
        functions = Counter()
        for key, number in self.starts.calls.items():
            code = self.starts.codes[key]
            functions[absolute(code.co_filename), code.co_firstlineno, name_of(code)] += number
        walkers = ranked(self.walkers)[:1]
        for place in walkers:
            del place["calls"]
        return {
            "calls": sum(functions.values()),
            "functions": ranked(functions)[:MOST],
            "route_matches": sum(self.walkers.values()),
            "routes_walked_from": walkers[0] if walkers else None,
        }


class Calls:
    """What the layers of one application enter, each by itself."""

    def __init__(self, owners):
        self.of = [Entries() for _ in range(owners)]
        self.left_out = files_of_harness().union(BY_CHANCE)

    def profile(self, frame, event, _argument):
        """The profile function of every thread that works for a layer."""
        owner = OWNER.get()
        if event != "call" or owner is None or frame.f_code.co_filename in self.left_out:
            return
        if starts(frame):
            self.of[owner].note(frame)

    @contextlib.contextmanager
    def watched(self):
        """A block in which this thread's functions are noted."""
        before = sys.getprofile()
        sys.setprofile(self.profile)
        try:
            yield
        finally:
            sys.setprofile(before)


def is_routing(code):
    """Whether a function is one of routes, by the names of its file and its class."""
    name = f"{file_name(code)} {name_of(code)}".lower()
    return any(word in name for word in ROUTING)
