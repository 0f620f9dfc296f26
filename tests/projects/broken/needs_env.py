"""Wrong in one way: it cannot be imported without DATABASE_URL in the environment."""

import os

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

DATABASE_URL = os.environ["DATABASE_URL"]


async def home(request):
    return PlainTextResponse(f"the database is {DATABASE_URL}")


app = Starlette(routes=[Route("/", home)])
