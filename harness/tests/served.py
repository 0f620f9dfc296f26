"""Starts a server from `servers/servers.toml` and asks it one request.

Python 3.11+ (it reads TOML); the server's own interpreter may be any.
"""

import http.client
import os
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import tomllib

ROOT = Path(__file__).resolve().parents[2]
SERVERS = tomllib.loads((ROOT / "servers" / "servers.toml").read_text())["servers"]
START_SECONDS = 30
STOP_SECONDS = 10


def subject(name):
    """The table of a subject."""
    return tomllib.loads((ROOT / "subjects" / name / "subject.toml").read_text())


def free_port():
    """A TCP port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path, timeout):
        super().__init__("localhost", timeout=timeout)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Served:
    """A running server."""

    def __init__(self, process, connect, log):
        self.process = process
        self.connect = connect
        self.log = log

    def get(self, path="/_ping"):
        """(status, headers as a list of lower-case pairs, body)."""
        connection = self.connect()
        try:
            connection.request("GET", path, headers={"host": "localhost"})
            response = connection.getresponse()
            headers = [(name.lower(), value) for name, value in response.getheaders()]
            return response.status, headers, response.read()
        finally:
            connection.close()

    def said(self):
        """What the server has written."""
        return Path(self.log.name).read_text(errors="replace")

    def children(self):
        """Numbers of its direct children (Linux)."""
        pid = self.process.pid
        return Path("/proc/%d/task/%d/children" % (pid, pid)).read_text().split()


def words_of(server, axes):
    """The values that the placeholders stand for."""
    words = server.get("words", {})
    return {axis: words.get(axis, {}).get(value, value) for axis, value in axes.items()}


def command_of(server, values, over):
    """The filled-in command line."""
    return [part.format(**values) for part in server["command"] + server["bind_" + over]]


def await_answer(served, path):
    """Waits until the server answers anything; says why if it does not."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if served.process.poll() is not None:
            raise RuntimeError("server ended at start:\n" + served.said())
        try:
            return served.get(path)
        except OSError:
            time.sleep(0.01)
    raise RuntimeError("server does not answer:\n" + served.said())


def stop(process):
    """Ends the server's whole process group."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            pass
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            continue


@contextmanager
def serving(python, framework, kind, middlewares, server="uvicorn", over="tcp", **axes):
    """A server with the subject's application behind it, up and answering."""
    entry = SERVERS[server]
    chosen = {
        "http": axes.get("http", entry["default_http"]),
        "loop": axes.get("loop", entry["default_loop"]),
        "lifespan": subject(framework)["lifespan"],
    }
    with tempfile.TemporaryDirectory() as folder:
        port, path = free_port(), os.path.join(folder, "s")
        values = dict(words_of(entry, chosen), python=str(python), port=port, socket=path)
        environment = dict(os.environ)
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        environment.update({k: v.format(**values) for k, v in entry.get("env", {}).items()})
        environment.update(
            PYTHONPATH=str(ROOT / "harness"),
            ASGI_TOLL_SUBJECT=str(ROOT / "subjects" / framework),
            ASGI_TOLL_KIND=kind,
            NUM_MIDDLEWARES=str(middlewares),
            ASGI_TOLL_WORKLOAD="ping",
        )
        connects = {
            "tcp": lambda: http.client.HTTPConnection("127.0.0.1", port, timeout=10),
            "unix": lambda: UnixConnection(path, 10),
        }
        with open(os.path.join(folder, "log"), "w") as log:
            process = subprocess.Popen(
                command_of(entry, values, over),
                stdout=log,
                stderr=log,
                env=environment,
                cwd=folder,
                start_new_session=True,
            )
            try:
                served = Served(process, connects[over], log)
                await_answer(served, "/_ping")
                yield served
            finally:
                stop(process)
