"""Wrong in one way: it does not come up; its lifespan raises."""

import contextlib

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route


@contextlib.asynccontextmanager
async def lifespan(app):
    raise ConnectionRefusedError("no database at 127.0.0.1:5432")
    yield


async def home(request):
    return PlainTextResponse("hello")


app = Starlette(routes=[Route("/", home)], lifespan=lifespan)
