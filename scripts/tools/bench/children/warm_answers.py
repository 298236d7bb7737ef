"""Prints the milliseconds that warm responses take, with the events in turn: `warm_answers.py MODULE TIMES EVENT…`."""

import contextlib
import io
import json
import sys
import time
from importlib import import_module
from typing import Any

WARMING = 20
handler = import_module(sys.argv[1]).handler


def measured(event: dict[str, Any]) -> float:
    started = time.perf_counter()
    answer = handler(event, None)
    milliseconds = (time.perf_counter() - started) * 1000
    if answer["statusCode"] != 200:
        raise SystemExit(f"a warm response is {answer}")
    return milliseconds


def main() -> None:
    times, events = int(sys.argv[2]), [json.loads(text) for text in sys.argv[3:]]
    with contextlib.redirect_stdout(io.StringIO()):  # the function's log lines
        rounds = [[measured(event) for event in events] for _ in range(times + WARMING)][WARMING:]
    print(json.dumps(list(zip(*rounds, strict=True))))


if __name__ == "__main__":
    main()
