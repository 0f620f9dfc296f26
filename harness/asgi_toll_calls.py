"""Which functions one request enters, and how often.

The counters of `python_calls` say it, of the same request in the same
surroundings: what they count, they also note here, function by function. So
their number is the sum of these.
"""

import os
import sys

from asgi_toll_counts import ITEM_TURNS, YOUNG
from asgi_toll_direct import collector_off


class Starts:
    """How often each code was started.

    By its identity: to compare code takes time, and equal code of two files is
    the same code to Python.
    """

    def __init__(self):
        self.codes = {}
        self.calls = {}

    def note(self, code):
        """`code` is started."""
        key = id(code)
        self.codes[key] = code
        self.calls[key] = self.calls.get(key, 0) + 1


class CallProfile:
    """The functions that a request enters, on a loop where it is counted."""

    def __init__(self, counter):
        """`counter` is an `asgi_toll_counts.Counter`."""
        self.counter = counter
        self.starts = Starts()

    def functions(self):
        """One dictionary for each function, most calls first."""
        counter = self.counter
        counter.be_warm()
        counter.events.note_starts(self.starts.note)
        try:
            with collector_off(YOUNG), counter.selector.rest:
                calls = counter.loop.run_until_complete(self.calls())
        finally:
            counter.events.note_starts(None)
        return as_told((self.starts.codes[key], number) for key, number in calls.items())

    async def calls(self):
        """The calls of one request, by the identity of their code."""
        # A method of C: reading is not counted.
        read = self.starts.calls.copy
        alone, alone_after, together, together_after = await self.counter.more_turns(read)
        before, after, own = await self.counter.watched_request(read)
        item = less(less(together_after, together), less(alone_after, alone))
        ours = {key: own * (number // ITEM_TURNS) for key, number in item.items()}
        return less(less(after, before), ours)


def less(more, fewer):
    """The numbers of `more` without those of `fewer`, as far as anything is left."""
    left = {key: number - fewer.get(key, 0) for key, number in more.items()}
    return {key: number for key, number in left.items() if number > 0}


def as_told(calls):
    """Pairs of code and calls as the tool is told of them, most calls first."""
    folders = sys_folders()
    functions = {}
    for code, number in calls:
        name = getattr(code, "co_qualname", code.co_name)
        function = (short_file(code.co_filename, folders), name, code.co_firstlineno)
        functions[function] = functions.get(function, 0) + number
    ranked = sorted((-number, *function) for function, number in functions.items())
    return [
        {"file": file, "name": name, "line": line, "calls": -number}
        for number, file, name, line in ranked
    ]


def sys_folders():
    """The entries of `sys.path` as absolute folders, longest first."""
    folders = {os.path.join(os.path.abspath(entry), "") for entry in sys.path}
    return sorted(folders, key=len, reverse=True)


def short_file(file, folders):
    """`file` as it is found in the longest of `folders` that holds it, else absolute.

    Code that comes out of no file, such as `<string>`, stays what it is called.
    """
    if file.startswith("<"):
        return file
    file = os.path.abspath(file)
    folder = next((folder for folder in folders if file.startswith(folder)), "")
    return file[len(folder) :]
