"""An application that looks at how it is confined."""

import os

from asgi_toll_layers import HeaderLayer
from asgi_toll_subject import raw_marks

BODY = b'{"count": 0}'
HOARD = []


def status():
    with open("/proc/self/status") as file:
        return dict(line.rstrip().split(":\t", 1) for line in file if ":\t" in line)


def faults():
    """What a confined process must not have or be able to do."""
    seen = status()
    if os.getuid() == 0 or os.getgid() == 0:
        yield "it is root"
    if int(seen["CapEff"], 16) or int(seen["CapBnd"], 16):
        yield "it has capabilities: " + seen["CapEff"]
    if seen["NoNewPrivs"] != "1":
        yield "it may gain privileges"
    for folder in ("/", "/usr/local/lib", "/asgi-toll/0", "/asgi-toll/1"):
        try:
            with open(os.path.join(folder, "written"), "w"):
                yield "it can write to " + folder
        except OSError:
            pass
    interfaces = set(os.listdir("/sys/class/net")) - {"lo"}
    if interfaces and os.environ.get("EXPECT_NO_NETWORK", "1") == "1":
        yield "it has a network: " + ", ".join(sorted(interfaces))
    others = [entry for entry in os.listdir("/proc") if entry.isdigit()]
    if len(others) > 20:
        yield "it sees the processes of the machine"


def build(kind, middlewares, workload):
    found = list(faults())
    if found:
        raise RuntimeError("; ".join(found))

    async def app(scope, receive, send):
        if scope["type"] != "http":
            return
        if kind == "greedy" and middlewares:
            HOARD.append(bytearray(os.urandom(1024) * 8 * 1024))
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(BODY)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": BODY})

    for pair in raw_marks(middlewares):
        app = HeaderLayer(app, header=pair)
    return app
