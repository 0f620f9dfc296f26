"""Makes 45 releases of `tollshelf` and two of `tollcompanion`, as wheels in a folder.

    1.17  a layer works longer, with the same calls: only a clock sees it
    1.20  cannot be imported
    1.30  a layer makes one call more
    1.40  needs tollcompanion 2, which makes two calls more
"""

import sys
import zipfile

LAYER = '''
import tollcompanion

RANGE = range({length})


class Layer:
    def __init__(self, app, header):
        self.app = app
        self.header = header

    async def __call__(self, scope, receive, send):
        sum(RANGE)
        {more}
        tollcompanion.help()

        async def send_with_header(message):
            if message["type"] == "http.response.start":
                message["headers"].append(self.header)
            await send(message)

        await self.app(scope, receive, send_with_header)


def nothing():
    pass
'''
BROKEN = "raise ImportError('this release is broken on purpose')\n"
COMPANION = '''
def help():
    {more}


def nothing():
    pass
'''


def release(minor):
    """The code of 1.`minor`."""
    if minor == 20:
        return BROKEN
    more = "nothing()" if minor >= 30 else "pass"
    return LAYER.format(length=2000 if minor >= 17 else 100, more=more)


def wheel(folder, name, version, code, requires=""):
    """Writes one release."""
    info = f"{name}-{version}.dist-info"
    meta = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    if requires:
        meta += f"Requires-Dist: {requires}\n"
    files = {
        f"{name}/__init__.py": code,
        f"{info}/METADATA": meta,
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{path},,\n" for path in [*files, f"{info}/RECORD"])
    with zipfile.ZipFile(f"{folder}/{name}-{version}-py3-none-any.whl", "w") as archive:
        for path, text in {**files, f"{info}/RECORD": record}.items():
            archive.writestr(path, text)


def main(folder):
    for minor in range(45):
        companion = "tollcompanion>=2" if minor >= 40 else "tollcompanion<2"
        wheel(folder, "tollshelf", f"1.{minor}", release(minor), companion)
    wheel(folder, "tollcompanion", "1.0", COMPANION.format(more="pass"))
    wheel(folder, "tollcompanion", "2.0", COMPANION.format(more="nothing(); nothing()"))


main(sys.argv[1])
