"""The tool's part of the driver's protocol, for tests."""

import json
import os
import socket
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HARNESS = ROOT / "harness"
PATIENCE_S = 30
PING = {"type": "http", "method": "GET", "path": "/_ping", "headers": [], "pieces": 1}


class Line:
    """One accepted connection."""

    def __init__(self, connection):
        connection.settimeout(PATIENCE_S)
        self.connection = connection
        self.file = connection.makefile("rb")

    def hear(self):
        """The next event, or None if the other end has hung up."""
        line = self.file.readline()
        return json.loads(line) if line else None

    def tell(self, **order):
        """Sends an order."""
        self.connection.sendall(json.dumps(order).encode() + b"\n")

    def ask(self, do, timeout_s=10, **more):
        """Sends an order and waits for its answer."""
        self.tell(do=do, timeout_s=timeout_s, **more)
        return self.hear()

    def close(self):
        """Hangs up."""
        self.file.close()
        self.connection.close()


class Tool:
    """Starts a driver for one subject and takes its connections."""

    def __init__(self, subject, python=sys.executable, kind="native", workload="ping", **more):
        """`subject` is a folder, or the source of an app.py."""
        self.folder = tempfile.TemporaryDirectory()
        place = Path(self.folder.name)
        if not isinstance(subject, Path):
            (place / "app.py").write_text(textwrap.dedent(subject))
            subject = place
        self.lines = []
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(place / "control"))
        self.listener.listen()
        self.listener.settimeout(PATIENCE_S)
        environment = {k: v for k, v in os.environ.items() if not k.startswith("ASGI_TOLL")}
        environment.update(
            PYTHONPATH=str(HARNESS),
            PYTHONDONTWRITEBYTECODE="1",
            ASGI_TOLL_SUBJECT=str(subject),
            ASGI_TOLL_KIND=kind,
            ASGI_TOLL_WORKLOAD=workload,
            ASGI_TOLL_CONTROL=str(place / "control"),
            **more,
        )
        self.log = open(place / "log", "w+b")
        self.process = subprocess.Popen(
            [str(python), str(HARNESS / "asgi_toll_driver.py")],
            env=environment, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
        )  # fmt: skip
        self.parent = self.accept()
        self.ready = self.parent.hear()

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        for line in self.lines:
            line.close()
        self.listener.close()
        try:
            self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        self.log.close()
        self.folder.cleanup()

    def accept(self):
        """The next connection."""
        line = Line(self.listener.accept()[0])
        self.lines.append(line)
        return line

    def said(self):
        """What the driver and the application have printed so far."""
        self.log.seek(0)
        return self.log.read().decode()

    def cell(self, middlewares=0, counting=False, seams=False):
        """A new child; its connection and its first event."""
        order = {"middlewares": middlewares, "counting": counting, "seams": seams}
        self.parent.tell(do="cell", **order)
        line = self.accept()
        return line, line.hear()

    def started(self, request=PING, lifespan="off", timeout_s=10, **cell):
        """A child that was told to start; its connection and the answer."""
        line, _ = self.cell(**cell)
        return line, line.ask("start", timeout_s, request=request, lifespan=lifespan)


def count(subject, request=PING, repeats=1, lifespan="off", middlewares=0, seams=False, **tool):
    """Counts of some repeats: one dictionary each."""
    with Tool(subject, **tool) as started:
        cell = {"middlewares": middlewares, "counting": not seams, "seams": seams}
        line, answer = started.started(request, lifespan, **cell)
        if answer["event"] != "answer":
            raise AssertionError(json.dumps(answer, indent=1) + started.said())
        answers = [line.ask("count", timeout_s=30) for _ in range(repeats)]
        for answer in answers:
            if answer is None or answer["event"] != "count":
                raise AssertionError(json.dumps(answer, indent=1) + started.said())
        line.ask("stop")
        return [answer["counts"] for answer in answers]
