"""Prints one JSON line about the interpreter that runs it and its distributions."""

import json
import platform
import sys
import sysconfig
from importlib import metadata


def normalised(name):
    """A distribution's name as indexes compare it (PEP 503)."""
    parts = name.lower().replace("_", "-").replace(".", "-").split("-")
    return "-".join(part for part in parts if part)


def distributions():
    """Installed distributions, name to version, sorted by name.

    A broken distribution may lack its name; it is left out.
    """
    found = {}
    for distribution in metadata.distributions():
        name = distribution.metadata["Name"]
        if name:
            found.setdefault(normalised(name), distribution.version)
    return dict(sorted(found.items()))


def facts():
    """Everything that is told."""
    gil_enabled = getattr(sys, "_is_gil_enabled", lambda: True)()
    return {
        "implementation": platform.python_implementation(),
        "version": platform.python_version(),
        "free_threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
        "gil_enabled": gil_enabled,
        "machine": platform.machine(),
        "system": platform.system(),
        "executable": sys.executable,
        "prefix": sys.prefix,
        "base_prefix": sys.base_prefix,
        "distributions": distributions(),
    }


if __name__ == "__main__":
    print(json.dumps(facts()))
