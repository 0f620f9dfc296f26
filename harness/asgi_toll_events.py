"""What is counted by watching code run, and by which code it is known.

Two counters share this: `asgi_toll_monitoring` (Python 3.12 and later) and
`asgi_toll_profile` (before). Both leave out the harness's own code, and find
what asyncio does by the code object of the method that does it.
"""

import asyncio.base_events
import asyncio.events
import concurrent.futures.thread
import sys
import threading
import types

# Modules whose code runs while a request is counted, and is the driver's. All
# else is the application's, the harness's own layers and workloads among it.
DRIVER = (
    "alarm", "calls", "cell", "counts", "direct", "driver", "events", "exchange", "lifespan",
    "loops", "monitoring", "profile", "request", "rest", "seams", "seam_counts", "seam_record",
    "tally", "turns",
)  # fmt: skip
C_FUNCTIONS = frozenset((types.BuiltinFunctionType, types.MethodDescriptorType))

_LOOP = asyncio.base_events.BaseEventLoop
# What asyncio does, by the method that is started for it. `call_later` calls `call_at`.
EVENTS = (
    ("tasks", _LOOP.create_task),
    ("loop_callbacks", asyncio.events.Handle._run),
    ("loop_iterations", _LOOP._run_once),
    ("timers", _LOOP.call_at),
    ("thread_hops", _LOOP.call_soon_threadsafe),
)
EVENT_NAMES = tuple(name for name, _ in EVENTS)
BY_CODE = {id(method.__code__): event for event, (_, method) in enumerate(EVENTS)}
# Counts on another thread than the loop's only: work comes back from there.
HOPS = EVENT_NAMES.index("thread_hops")
# No count: a thread begins with work that it was given.
WORK = len(EVENTS)
BY_CODE[id(threading.Thread.run.__code__)] = WORK
BY_CODE[id(concurrent.futures.thread._WorkItem.run.__code__)] = WORK


def own_files():
    """Files whose code is the driver's."""
    modules = (sys.modules.get("asgi_toll_" + name) for name in DRIVER)
    return frozenset(module.__file__ for module in modules if module is not None)
