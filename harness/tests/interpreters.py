"""Python interpreters that are found here, for tests that run in each."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

WANTED = ("3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14")
ASK = "import sys; print('%d.%d' % sys.version_info[:2])"


def interpreters():
    """One interpreter for each wanted version that is here, this one among them."""
    found = {"%d.%d" % sys.version_info[:2]: sys.executable}
    for version in WANTED:
        for path in [] if version in found else candidates(version):
            if answers(path, version):
                found[version] = path
                break
    return found


def candidates(version):
    """Where an interpreter of `version` may lie."""
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    yield from sorted(str(path) for path in root.glob(f"versions/{version}.*/bin/python"))
    on_path = shutil.which(f"python{version}")
    if on_path:
        yield on_path


def answers(path, version):
    """Whether `path` runs, and is what it seems to be."""
    try:
        done = subprocess.run([path, "-c", ASK], capture_output=True, text=True, timeout=20)
    except OSError:
        return False
    return done.stdout.strip() == version
