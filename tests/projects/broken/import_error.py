"""Wrong in one way: a module that it imports is not installed."""

import a_module_that_nobody_has
from starlette.applications import Starlette

app = Starlette(routes=a_module_that_nobody_has.routes)
