"""Counts what Python runs, by `sys.monitoring` (3.12 and later)."""

import sys
import threading

from asgi_toll_events import BY_CODE, C_FUNCTIONS, EVENT_NAMES, HOPS, WORK, own_files

NAMES = ("python_calls", "python_resumes", "c_calls", "instructions", *EVENT_NAMES)
TOOL = 3


class EventCounter:
    """Counts from `start` to `stop`; `read` gives the numbers so far, as in `NAMES`.

    `note_starts` takes a function that is given the code of each call that is
    counted from now on, or None.
    """

    def __init__(self, begin_work):
        """`begin_work` is called by a thread that begins with what it was given."""
        self.read, self.note_starts, self.callbacks = watch(own_files(), begin_work)

    def start(self):
        """Begins to count."""
        monitoring = sys.monitoring
        monitoring.use_tool_id(TOOL, "asgi-toll")
        wanted = 0
        for name, callback in self.callbacks.items():
            event = getattr(monitoring.events, name)
            monitoring.register_callback(TOOL, event, callback)
            wanted |= event
        monitoring.set_events(TOOL, wanted)

    def stop(self):
        """Ends counting; everything runs at full speed again."""
        monitoring = sys.monitoring
        monitoring.set_events(TOOL, 0)
        for name in self.callbacks:
            monitoring.register_callback(TOOL, getattr(monitoring.events, name), None)
        monitoring.free_tool_id(TOOL)


def watch(own, begin_work):
    """What reads the counters, what lets starts be noted, and the callbacks that count.

    They run for every instruction of a request: so plain variables of one
    function, and each place in the harness is switched off once it is seen.
    """
    calls = resumes = c_calls = instructions = 0
    events = [0] * len(EVENT_NAMES)
    loop_thread = threading.get_ident()
    disable = sys.monitoring.DISABLE
    note = None

    def start(code, _offset):
        nonlocal calls
        if code.co_filename in own:
            return disable
        calls += 1
        if note is not None:
            note(code)
        event = BY_CODE.get(id(code))
        if event is not None:
            count_event(event)

    def count_event(event):
        if event == WORK:
            begin_work()
        elif event != HOPS or threading.get_ident() != loop_thread:
            events[event] += 1

    def resume(code, _offset):
        nonlocal resumes
        if code.co_filename in own:
            return disable
        resumes += 1

    def throw(code, _offset, _error):
        # This one event cannot be switched off in a place.
        nonlocal resumes
        if code.co_filename not in own:
            resumes += 1

    def call(code, _offset, function, _argument):
        nonlocal c_calls
        if code.co_filename in own:
            return disable
        if type(function) in C_FUNCTIONS:
            c_calls += 1

    def instruction(code, _offset):
        nonlocal instructions
        if code.co_filename in own:
            return disable
        instructions += 1

    def read():
        return (calls, resumes, c_calls, instructions, *events)

    def note_starts(to):
        nonlocal note
        note = to

    return read, note_starts, {
        "PY_START": start,
        "PY_RESUME": resume,
        "PY_THROW": throw,
        "CALL": call,
        "INSTRUCTION": instruction,
    }
