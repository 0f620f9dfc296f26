"""Ends what takes too long, also what blocks: by a signal."""

import contextlib
import signal

# A handler that catches everything may swallow the first alarm.
AGAIN_S = 0.5


class TimedOut(KeyboardInterrupt):
    """An order took longer than it may.

    The loops of asyncio and uvloop log other exceptions of a callback and go on;
    a KeyboardInterrupt they let through.
    """


@contextlib.contextmanager
def alarm(seconds):
    """Raises `TimedOut` in the main thread if the block takes longer than `seconds`."""
    armed = True

    def ring(_signal, _frame):
        if armed:
            raise TimedOut(f"no end after {seconds:g} s")

    signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN_S)
    try:
        yield
    finally:
        armed = False
        signal.setitimer(signal.ITIMER_REAL, 0)
