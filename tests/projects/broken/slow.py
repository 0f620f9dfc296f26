"""Wrong in one way: GET / takes five seconds, awaited; GET /blocking takes them blocking."""

import asyncio
import time

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

SECONDS = 5


async def home(request):
    await asyncio.sleep(SECONDS)
    return PlainTextResponse("at last")


async def blocking(request):
    time.sleep(SECONDS)
    return PlainTextResponse("at last")


app = Starlette(routes=[Route("/", home), Route("/blocking", blocking)])
