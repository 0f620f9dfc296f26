"""Wrong in one way: its route raises."""

from starlette.applications import Starlette
from starlette.routing import Route


async def home(request):
    raise ValueError("this route is broken")


app = Starlette(routes=[Route("/", home)])
