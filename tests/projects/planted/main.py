"""Starlette with twelve layers whose cost is known beforehand.

    COSTS="0,1,5,20,..."   CPU of each layer in microseconds, outermost first, beyond that of a
                           layer that costs 0; as many layers as there are numbers
    HOP=3                  the third layer from the outside spends its cost in a thread
    QUADRATIC=1            every layer spends 1 microsecond more for each layer inside it: the
                           outermost of twelve 11, the innermost none, together 66, beyond what
                           they cost with QUADRATIC=0, which are the same layers

Layers, outermost first: ServerErrorMiddleware, those of COSTS, ExceptionMiddleware.
They are SpinLayer; with HOP one is HopLayer, with QUADRATIC all others are QuadraticLayer.
"""

import os

from layers import HopLayer, QuadraticLayer, SpinLayer
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import JSONResponse
from starlette.routing import Route

COSTS = [float(cost) for cost in os.environ.get("COSTS", "0,1,5,20,0,2,50,0,10,0,5,1").split(",")]
HOP = int(os.environ.get("HOP", "0"))
QUADRATIC = os.environ.get("QUADRATIC")


def layer(position, cost):
    if position == HOP:
        return Middleware(HopLayer, cost=cost)
    if QUADRATIC:
        return Middleware(QuadraticLayer, cost=cost, company=float(QUADRATIC))
    return Middleware(SpinLayer, cost=cost)


async def home(request):
    return JSONResponse({"layers": len(COSTS)})


middleware = [layer(position, cost) for position, cost in enumerate(COSTS, start=1)]
app = Starlette(routes=[Route("/", home)], middleware=middleware)
