"""Ends what takes too long, also what blocks: by a signal."""

import contextlib
import signal
import time

# A handler that catches everything may swallow the first alarm.
AGAIN_S = 0.5
AT_ONCE_S = 0.001


class TimedOut(KeyboardInterrupt):
    """An order took longer than it may.

    The loops of asyncio and uvloop log other exceptions of a callback and go on;
    a KeyboardInterrupt they let through.
    """


@contextlib.contextmanager
def alarm(seconds):
    """Raises `TimedOut` in the main thread if the block takes longer than `seconds`.

    An alarm around it does not ring meanwhile, but goes on afterwards with the time that is left.
    """
    armed = True
    begun = time.monotonic()

    def ring(_signal, _frame):
        if armed:
            raise TimedOut(f"no end after {seconds:g} s")

    outer = signal.signal(signal.SIGALRM, ring)
    left, again = signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN_S)
    try:
        yield
    finally:
        armed = False
        signal.setitimer(signal.ITIMER_REAL, 0)
        if left:
            signal.signal(signal.SIGALRM, outer)
            left -= time.monotonic() - begun
            signal.setitimer(signal.ITIMER_REAL, max(left, AT_ONCE_S), again)
