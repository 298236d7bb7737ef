"""What requests get, and what can become of it on the way to the reader."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from api import documents, routes
from ingest.site import Twin


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request gets; a hanging one nothing at all, an aborted one a network error."""

    status: int = 200
    body: bytes = b""
    content_type: str = routes.JSON
    fault: Literal["hang", "abort"] | None = None

    @property
    def headers(self) -> dict[str, str]:
        """What the page judges an answer by, as bucket and API send it."""
        return {"Content-Type": self.content_type, "ETag": documents.etag(self.body)}


Answers = Mapping[str, Answer]

NOT_FOUND = Answer(404, documents.error("Nothing is stored under this path"))
SERVER_ERROR = Answer(500, documents.error("Internal server error"))
HANG = Answer(fault="hang")
ABORT = Answer(fault="abort")


def published(twins: Iterable[Twin]) -> Answers:
    """Every twin, and the same as the API gives it."""
    answers = as_files(twins)
    return answers | {path.removesuffix(".json"): answer for path, answer in answers.items()}


def as_files(twins: Iterable[Twin]) -> dict[str, Answer]:
    return {f"/{twin.key}": Answer(200, twin.body, twin.content_type) for twin in twins}


def nothing(answers: Answers) -> Answers:
    return {}


def api_alone(answers: Answers) -> Answers:
    return {path: answer for path, answer in answers.items() if not path.endswith(".json")}


def with_twins(change: Callable[[Answer], Answer]) -> Callable[[Answers], Answers]:
    """Every twin changed, and the API as it was."""
    return lambda answers: {
        path: change(answer) if path.endswith(".json") else answer for path, answer in answers.items()
    }


def half(answer: Answer) -> Answer:
    return replace(answer, body=answer.body[: len(answer.body) // 2])


def of_another_shape(answer: Answer) -> Answer:
    return replace(answer, body=b"{}" if answer.body.startswith(b"[") else b"[]")
