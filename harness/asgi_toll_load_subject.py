"""Loads the `app.py` of a subject, and builds nothing.

Apart from `asgi_toll_serve`, because importing that builds an application, as
servers expect.
"""

import importlib.util
import os
import sys

MODULE_NAME = "asgi_toll_subject_app"


def load_subject(folder):
    """The module `app.py` of the subject in `folder`."""
    path = os.path.join(folder, "app.py")
    if not os.path.isfile(path):
        raise FileNotFoundError(f"no app.py in the subject's folder {folder}")
    spec = importlib.util.spec_from_file_location(MODULE_NAME, path)
    module = importlib.util.module_from_spec(spec)
    # Frameworks look themselves up by module name (Quart its root path,
    # FastAPI its annotations), so it must be known before it runs.
    sys.modules[MODULE_NAME] = module
    spec.loader.exec_module(module)
    return module


def required(name):
    """The environment variable `name`, or an error that says what it is for."""
    value = os.environ.get(name)
    if not value:
        raise ValueError(f"environment variable {name} is not set (see asgi_toll_serve.py)")
    return value
