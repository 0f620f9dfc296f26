"""Wrong in one way: there is no `app`; it goes by another name."""

from starlette.applications import Starlette

api = Starlette()
