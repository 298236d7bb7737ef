"""Prints what warm answers take, by turns for each event: `warm_answers.py TIMES EVENT…`.

`function` is the thread's own processor time in milliseconds, in which nobody waits for the database; `wall` has both.
"""

import contextlib
import io
import json
import sys
import time
from typing import Any

from api.handler import handler

WARMING = 20


def measured(event: dict[str, Any]) -> tuple[float, float]:
    wall, own = time.perf_counter(), time.thread_time()
    answer = handler(event, None)
    times = (time.thread_time() - own) * 1000, (time.perf_counter() - wall) * 1000
    if answer["statusCode"] != 200:
        raise SystemExit(f"a warm answer is {answer}")
    return times


def main() -> None:
    times, events = int(sys.argv[1]), [json.loads(text) for text in sys.argv[2:]]
    with contextlib.redirect_stdout(io.StringIO()):  # the function's log lines
        rounds = [[measured(event) for event in events] for _ in range(times + WARMING)][WARMING:]
    by_event = list(zip(*rounds, strict=True))
    print(
        json.dumps(
            [
                {"function": [own for own, _ in pairs], "wall": [wall for _, wall in pairs]}
                for pairs in by_event
            ]
        )
    )


if __name__ == "__main__":
    main()
