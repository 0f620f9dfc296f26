"""Waits until the other threads of this process have nothing more to do."""

import os
import sys
import threading
import time

TASKS = "/proc/self/task"
PAUSE_S = 20e-6
# A thread of the application that never rests is not waited for again and again.
LIMIT_S = 0.5
GIVE_WAY_S = 0.2
UNSWITCHED_S = 0.5


class Gate:
    """Where work that was given to a thread waits until the loop has nothing to do.

    Otherwise it is a race whether a thread is done before the loop asks to be
    told of it. Where the loop's thread itself waits for the work, the gate gives way.
    """

    def __init__(self):
        self.lock = threading.Lock()

    def close(self):
        """Work waits."""
        self.lock.acquire()

    def open(self):
        """Work goes on."""
        self.lock.release()

    def go_through(self):
        """Called by a thread that begins its work."""
        if self.lock.acquire(timeout=GIVE_WAY_S):
            self.lock.release()


class Rest:
    """Lets other threads finish, so that what they do falls in a fixed place.

    A context: within it, threads and the loop take turns in a fixed order. They
    hand over when they wait, not when a clock says so.
    """

    def __init__(self):
        self.gate = Gate()
        self.orderly = False
        self.restless = False

    def __enter__(self):
        self.interval = sys.getswitchinterval()
        sys.setswitchinterval(UNSWITCHED_S)
        self.gate.close()
        self.orderly = True

    def __exit__(self, *_error):
        self.orderly = False
        self.gate.open()
        sys.setswitchinterval(self.interval)

    def come(self):
        """Returns when every other thread waits for something, or at the limit."""
        if not self.orderly:
            self.wait()
            return
        self.gate.open()
        self.wait()
        self.gate.close()

    def wait(self):
        """Looks at the other threads until they stand still."""
        before = positions()
        if not before or self.restless:
            return
        deadline = time.monotonic() + LIMIT_S
        while time.monotonic() < deadline:
            time.sleep(PAUSE_S)
            now = positions()
            if now == before and not others_run():
                return
            before = now
        self.restless = True


def positions():
    """Where in its code each other thread stands."""
    frames = sys._current_frames()
    # A frame that its own variable refers to would be garbage for the collector.
    del frames[threading.get_ident()]
    return {thread: (id(frame), frame.f_lasti) for thread, frame in frames.items()}


def others_run():
    """Whether the kernel calls another thread runnable (Linux; elsewhere unknown: no).

    A thread that was woken and has not had the CPU yet stands where it stood.
    """
    own = str(threading.get_native_id())
    try:
        threads = os.listdir(TASKS)
    except OSError:
        return False
    return any(state(thread) == b"R" for thread in threads if thread != own)


def state(thread):
    """The letter of a thread's state, or nothing if the thread is gone."""
    try:
        # Unbuffered bytes: text is decoded by Python code, which would be counted.
        with open(f"{TASKS}/{thread}/stat", "rb", buffering=0) as file:
            told = file.read()
    except OSError:
        return b""
    # The name, in parentheses, may hold anything.
    after = told.rindex(b")") + 2
    return told[after : after + 1]
