"""What goes wrong with an application, as the tool is told it."""

import traceback

TRACEBACK_LINES = 12
MESSAGE_LENGTH = 500

NOT_BUILT = "not-built"
APP_RAISED = "app-raised"
NO_ANSWER = "no-answer"
TIMED_OUT = "timed-out"
WRONG_PROTOCOL = "wrong-protocol"
LIFESPAN_FAILED = "lifespan-failed"
APP_EXITED = "app-exited"
BAD_ORDER = "bad-order"
DRIVER_FAILED = "driver-failed"


class Failure(Exception):
    """Ends a cell: `code` for scripts, `message` and `lines` for people."""

    def __init__(self, code, message, lines=()):
        super().__init__(message)
        self.code = code
        self.message = message
        self.lines = list(lines)

    @classmethod
    def of(cls, code, error):
        """The failure that the exception `error` is."""
        return cls(code, one_line(error), last_lines(error))

    def event(self):
        """The answer to the order that failed."""
        return {
            "event": "failed",
            "code": self.code,
            "message": self.message,
            "traceback": self.lines[-TRACEBACK_LINES:],
        }


def one_line(error):
    """`ValueError: …`, whatever the message holds."""
    error = innermost(error)
    text = " ".join(str(error).split())
    name = type(error).__name__
    return (f"{name}: {text}" if text else name)[:MESSAGE_LENGTH]


def innermost(error):
    """A group of one exception says nothing; the exception in it does."""
    while len(getattr(error, "exceptions", ())) == 1:
        error = error.exceptions[0]
    return error


def last_lines(error):
    """The end of the traceback of `error`."""
    error = innermost(error)
    text = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    return text.rstrip().splitlines()[-TRACEBACK_LINES:]


def where_it_waits(task):
    """The stack of a task that waits, outermost first, down to what it waits for.

    `Task.get_stack` gives the first frame only: the rest hangs on `cr_await`.
    """
    frames = []
    waiting = task.get_coro()
    while waiting is not None:
        frame = _attribute(waiting, "cr_frame", "gi_frame", "ag_frame")
        if frame is None:
            break
        frames.append((frame, frame.f_lineno))
        waiting = _attribute(waiting, "cr_await", "gi_yieldfrom", "ag_await")
    summary = traceback.StackSummary.extract(iter(frames))
    return "".join(summary.format()).rstrip().splitlines()[-TRACEBACK_LINES:]


def _attribute(holder, *names):
    """The first of the attributes `names` that `holder` has, or None."""
    return next((getattr(holder, name) for name in names if hasattr(holder, name)), None)
