"""The ingest function in a process of its own, which ends without a word after so many of its writing calls."""

import os
import sys
from types import SimpleNamespace
from typing import Any

from ingest.daily import handler as function
from tests.chaos.wire import Call

DEAD = 9


def main(survived: int) -> None:
    left = [survived]

    def count(event_name: str, **_: Any) -> None:
        left[0] -= Call(event_name.rpartition(".")[2], "").writes
        if left[0] == 0:
            os._exit(DEAD)  # no handler, no `finally`, no goodbye

    for service in ("dynamodb", "s3", "cloudfront"):
        function.client(service).meta.events.register_last("after-call", count)
    context: Any = SimpleNamespace(
        aws_request_id=f"process-{os.getpid()}", get_remaining_time_in_millis=lambda: 900_000
    )
    function.handler({}, context)


if __name__ == "__main__":
    main(int(sys.argv[1]))
