"""Prints the milliseconds for the import and the first response: `first_answer.py MODULE EVENT`."""

import time

started = time.perf_counter()

import importlib  # noqa: E402 - the measurement begins above
import json  # noqa: E402
import sys  # noqa: E402

handler = importlib.import_module(sys.argv[1]).handler
answer = handler(json.loads(sys.argv[2]), None)
milliseconds = (time.perf_counter() - started) * 1000
if answer["statusCode"] != 200:
    raise SystemExit(f"the first response is {answer}")
print(json.dumps({"milliseconds": milliseconds}))
