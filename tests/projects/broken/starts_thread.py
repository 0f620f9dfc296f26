"""Wrong in one way: it starts a thread when it is imported, and that does not end with it.

The thread computes a little a hundred times per second. So that no process outlives its test
for ever, it ends after GUARD_SECONDS (60).
"""

import hashlib
import os
import threading
import time

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

state = {"digest": b"", "rounds": 0}


def refresh():
    end = time.monotonic() + float(os.environ.get("GUARD_SECONDS", "60"))
    while time.monotonic() < end:
        state["digest"] = hashlib.sha256(state["digest"] * 100).digest()
        state["rounds"] += 1
        time.sleep(0.01)


threading.Thread(target=refresh, name="refresh").start()


async def home(request):
    return PlainTextResponse(f"refreshed {state['rounds']} times")


app = Starlette(routes=[Route("/", home)])
