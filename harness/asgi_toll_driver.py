"""The driver: builds applications and measures them, on orders of the tool.

Started once per series and round, it imports everything and builds nothing. For
each cell it forks, so that no application meets what another one left behind,
and imports are paid once.

    ASGI_TOLL_SUBJECT   folder of the subject (holds `app.py`)
    ASGI_TOLL_KIND      middleware kind
    ASGI_TOLL_WORKLOAD  workload, `ping` unless told otherwise
    ASGI_TOLL_LOOP      `asyncio` or `uvloop`
    ASGI_TOLL_PLANT     known layers around the application (`asgi_toll_plant`), or nothing
    ASGI_TOLL_CONTROL   path of the unix socket on which the tool listens

Both ends speak JSON, one value a line. Nothing is read from stdin or told on
stdout: those are the application's.
"""

import contextlib
import json
import os
import platform
import signal
import socket
import sys

import asgi_toll_cell
import asgi_toll_counts
import asgi_toll_plant
import asgi_toll_project
from asgi_toll_alarm import TimedOut, alarm
from asgi_toll_failure import DRIVER_FAILED, NOT_BUILT, TIMED_OUT, Failure
from asgi_toll_load_subject import load_subject, required

DEFAULT_TIMEOUT_S = 60


class Line:
    """A connection to the tool."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.connect(required("ASGI_TOLL_CONTROL"))
        self.file = self.socket.makefile("rb")

    def tell(self, event):
        """Sends one event."""
        self.socket.sendall(json.dumps(event).encode("utf-8") + b"\n")

    def orders(self):
        """The orders as they come, until the tool hangs up."""
        for line in self.file:
            yield json.loads(line)

    def close(self):
        """Hangs up."""
        self.file.close()
        self.socket.close()


def parent():
    """Imports the subject and forks one child per cell."""
    children = set()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, lambda *_: reap(children))
    line = Line()
    try:
        make_cell = cell_maker()
    except Failure as failure:
        line.tell(failure.event())
        return
    except (Exception, SystemExit) as error:
        line.tell(Failure.of(NOT_BUILT, error).event())
        return
    line.tell(ready())
    for order in line.orders():
        reap(children)
        flush()
        pid = os.fork()
        if pid == 0:
            line.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            end_after(child, make_cell, order)
        children.add(pid)


def ready():
    """Says what this interpreter is and what it can count."""
    return {
        "event": "ready",
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "counts": asgi_toll_counts.names(),
    }


def reap(children):
    """Takes note of our children that have ended; an application's are its own."""
    for pid in list(children):
        try:
            ended = os.waitpid(pid, os.WNOHANG)[0]
        except ChildProcessError:
            ended = pid
        if ended:
            children.discard(pid)


def cell_maker():
    """Imports what is measured; gives a function from the order for a cell to the cell."""
    loop = os.environ.get("ASGI_TOLL_LOOP") or "asyncio"
    if asgi_toll_project.is_asked_for():
        # Only here: it looks into frameworks, which subjects are spared.
        from asgi_toll_audit_cell import AuditCell

        project = asgi_toll_project.load()
        return lambda order: AuditCell(project.application, order, loop)
    subject = load_subject(required("ASGI_TOLL_SUBJECT"))
    kind = required("ASGI_TOLL_KIND")
    workload = os.environ.get("ASGI_TOLL_WORKLOAD") or "ping"

    def cell(order):
        middlewares = order.get("middlewares", 0)
        return asgi_toll_cell.Cell(
            lambda: asgi_toll_plant.build(subject, kind, middlewares, workload), order, loop
        )

    return cell


def child(make_cell, order):
    """One cell, from its first order to its last."""
    line = Line()
    middlewares = order.get("middlewares", 0)
    cell = make_cell(order)
    seams = order.get("seams", False)
    line.tell({"event": "cell", "middlewares": middlewares, "seams": seams, "pid": os.getpid()})
    for order in line.orders():
        answer = answer_to(cell, order)
        line.tell(answer)
        if answer["event"] in ("failed", "stopped"):
            break


def answer_to(cell, order):
    """The event that answers `order`; a failure is an answer."""
    try:
        with alarm(order.get("timeout_s", DEFAULT_TIMEOUT_S)):
            return asgi_toll_cell.obey(cell, order)
    except Failure as failure:
        return failure.event()
    except TimedOut as error:
        # It rang after the order was done, and before it was switched off.
        return Failure.of(TIMED_OUT, error).event()
    except Exception as error:
        return Failure.of(DRIVER_FAILED, error).event()


def end_after(body, *arguments):
    """Calls `body` and ends this process, whatever threads the application left."""
    status = 1
    try:
        body(*arguments)
        status = 0
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        flush()
        os._exit(status)


def flush():
    """What the application printed goes to the log."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, OSError, ValueError):
            stream.flush()


if __name__ == "__main__":
    end_after(parent)
