"""Which installed distribution a file of Python source belongs to."""

import os
from importlib import metadata

# What each distribution has installed, read once: (distribution, root, RECORD or None).
installed = []


def distribution_of(module, file):
    """Name and version of the distribution that installed `file`, or two Nones.

    What a project installs in place (`pip install -e`) is in no list: it is the project's own.
    """
    file = os.path.realpath(file) if file else ""
    for distribution, root, record in all_installed():
        if not file.startswith(root + os.sep):
            continue
        relative = os.path.relpath(file, root).replace(os.sep, "/")
        if holds(distribution, record, relative, module):
            return distribution.metadata["Name"], distribution.version
    return None, None


def all_installed():
    if not installed:
        for distribution in metadata.distributions():
            root = os.path.realpath(str(distribution.locate_file("")))
            installed.append((distribution, root, distribution.read_text("RECORD")))
    return installed


def holds(distribution, record, relative, module):
    """Whether a distribution lists a file, or at least its module."""
    if record is not None:
        return f"\n{relative}," in f"\n{record}"
    listed = distribution.read_text("top_level.txt") or ""
    in_packages = "-packages" in str(distribution.locate_file(""))
    return in_packages and module.partition(".")[0] in listed.split()
