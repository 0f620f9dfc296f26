"""Real frameworks under real servers: does every layer leave its mark?

Needs environments, one folder per framework, each with `bin/python`, the
framework and the servers:

    ASGI_TOLL_ENVIRONMENTS=FOLDER python -m unittest discover -s harness/tests

`ASGI_TOLL_SERVERS` names the servers, `uvicorn` unless told otherwise.
"""

import json
import os
import unittest
from pathlib import Path

from served import serving, subject

FOLDER = os.environ.get("ASGI_TOLL_ENVIRONMENTS")
TESTED_SERVERS = os.environ.get("ASGI_TOLL_SERVERS", "uvicorn").split(",")
LEVELS = (0, 1, 2, 20)


def environments():
    """(framework, interpreter) for each environment that there is."""
    found = sorted(Path(FOLDER).glob("*/bin/python"))
    return [(python.parents[1].name, python) for python in found]


@unittest.skipUnless(FOLDER, "ASGI_TOLL_ENVIRONMENTS is not set")
class Marks(unittest.TestCase):
    def check(self, answer, middlewares, mark):
        status, headers, body = answer
        expected_count = {"json-count": middlewares, "header": 0}[mark]
        expected_marks = {"json-count": 0, "header": middlewares}[mark]
        left = [pair for pair in headers if pair[0].startswith("x-toll-")]
        self.assertEqual(status, 200)
        self.assertTrue(dict(headers)["content-type"].startswith("application/json"))
        self.assertEqual(json.loads(body), {"count": expected_count})
        wanted = [("x-toll-%d" % index, "1") for index in range(expected_marks)]
        self.assertEqual(sorted(left), sorted(wanted))

    def check_cell(self, python, framework, kind, middlewares, server):
        mark = subject(framework)["kinds"][kind]["mark"]
        for over in ("tcp", "unix"):
            with self.subTest(framework, kind=kind, n=middlewares, server=server, over=over):
                with serving(python, framework, kind, middlewares, server, over) as served:
                    # Twice: what is added up from request to request shows.
                    self.check(served.get(), middlewares, mark)
                    self.check(served.get(), middlewares, mark)

    def test_every_kind_at_every_level(self):
        found = environments()
        self.assertTrue(found, f"no FRAMEWORK/bin/python in {FOLDER}")
        for framework, python in found:
            for kind in subject(framework)["kinds"]:
                for server in TESTED_SERVERS:
                    for middlewares in LEVELS:
                        self.check_cell(python, framework, kind, middlewares, server)


if __name__ == "__main__":
    unittest.main()
