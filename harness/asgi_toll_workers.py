"""The Gunicorn worker class of the `gunicorn` server: one Uvicorn worker.

Gunicorn's command line cannot say which event loop and HTTP parser the Uvicorn
inside is to use, so the environment says it: `ASGI_TOLL_LOOP`, `ASGI_TOLL_HTTP`
and `ASGI_TOLL_LIFESPAN`.
"""

import os
import warnings

try:
    from uvicorn_worker import UvicornWorker
except ImportError:
    with warnings.catch_warnings():
        # Deprecated since Uvicorn 0.30 in favour of the package above, but the
        # only one there is for older releases.
        warnings.simplefilter("ignore", DeprecationWarning)
        from uvicorn.workers import UvicornWorker


class TollWorker(UvicornWorker):
    """A Uvicorn worker with the same things switched off as plain Uvicorn."""

    CONFIG_KWARGS = {
        "loop": os.environ.get("ASGI_TOLL_LOOP", "auto"),
        "http": os.environ.get("ASGI_TOLL_HTTP", "auto"),
        "lifespan": os.environ.get("ASGI_TOLL_LIFESPAN", "auto"),
        "access_log": False,
        "proxy_headers": False,
        "server_header": False,
        "date_header": False,
    }
