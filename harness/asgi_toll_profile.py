"""Counts what Python runs, by `sys.setprofile` (before Python 3.12)."""

import opcode
import sys
import threading

from asgi_toll_events import BY_CODE, EVENT_NAMES, HOPS, WORK, own_files

NAMES = ("python_calls", "python_resumes", "c_calls", *EVENT_NAMES)
RESUME = opcode.opmap.get("RESUME")


class EventCounter:
    """Counts from `start` to `stop`; `read` gives the numbers so far, as in `NAMES`.

    `note_starts` takes a function that is given the code of each call that is
    counted from now on, or None.

    Made before the application is built: a thread can only be watched from its
    beginning.
    """

    def __init__(self, begin_work):
        """`begin_work` is called by a thread that begins with what it was given."""
        self.read, self.note_starts, self.switch, self.profile = watch(own_files(), begin_work)
        threading.setprofile(self.profile)

    def start(self):
        """Begins to count."""
        self.switch(True)
        sys.setprofile(self.profile)

    def stop(self):
        """Ends counting."""
        sys.setprofile(None)
        self.switch(False)


def starts(frame):
    """Whether the event "call" of `frame` is its start, not a coroutine going on.

    From 3.11 on both are told at the instruction RESUME, whose argument says
    which; before, a frame that has not run yet has no last instruction.
    """
    at = frame.f_lasti
    if RESUME is None:
        return at < 0
    code = frame.f_code.co_code
    return code[at] == RESUME and code[at + 1] == 0


def watch(own, begin_work):
    """What reads the counters, lets starts be noted, switches counting on, and counts."""
    counting = False
    note = None
    calls = resumes = c_calls = 0
    events = [0] * len(EVENT_NAMES)
    loop_thread = threading.get_ident()

    def profile(frame, event, _argument):
        nonlocal calls, resumes, c_calls
        if not counting or frame.f_code.co_filename in own:
            return
        if event == "c_call":
            c_calls += 1
        elif event == "call":
            if starts(frame):
                calls += 1
                if note is not None:
                    note(frame.f_code)
                known = BY_CODE.get(id(frame.f_code))
                if known is not None:
                    count_event(known)
            else:
                resumes += 1

    def count_event(event):
        if event == WORK:
            begin_work()
        elif event != HOPS or threading.get_ident() != loop_thread:
            events[event] += 1

    def switch(on):
        nonlocal counting
        counting = on

    def read():
        return (calls, resumes, c_calls, *events)

    def note_starts(to):
        nonlocal note
        note = to

    return read, note_starts, switch, profile
