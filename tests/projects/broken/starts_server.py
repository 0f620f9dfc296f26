"""Wrong in one way: it starts its server when it is imported.

The server listens on a free port of 127.0.0.1. So that nobody hangs on it for ever, it is
interrupted after GUARD_SECONDS (30), as by Ctrl-C; then the import ends.
"""

import os
import signal
import threading

import uvicorn
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route


async def home(request):
    return PlainTextResponse("hello")


app = Starlette(routes=[Route("/", home)])

guard = threading.Timer(
    float(os.environ.get("GUARD_SECONDS", "30")), os.kill, (os.getpid(), signal.SIGINT)
)
guard.daemon = True
guard.start()
try:
    uvicorn.run(app, host="127.0.0.1", port=0)
finally:
    guard.cancel()
