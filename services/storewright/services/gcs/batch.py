"""Deleting many objects with few requests."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from email.message import Message
from email.parser import BytesParser
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import quote, urlencode

from requests import Response

from storewright.core.errors import BatchFailed, StorageError, Unexpected
from storewright.core.listing import batches
from storewright.services.gcs import errors

if TYPE_CHECKING:
    from storewright.services.gcs.calls import Calls
    from storewright.services.gcs.place import Place

__all__ = ["delete_all"]

_STATUS: Final = re.compile(rb"HTTP/[\d.]+ (\d{3})[^\n]*\n")


def delete_all(
    calls: Calls, place: Place, keys: Mapping[str, str], args: dict[str, Any], most: int
) -> None:
    """Delete the objects at ``keys`` (path -> key), at most ``most`` with one request.

    Raises BatchFailed after all were tried, with the error of each path that remains.
    """
    failures: dict[str, StorageError] = {}
    paths = {key: path for path, key in keys.items()}
    for batch in batches(paths, most):
        for key, error in _delete(calls, place, batch, args):
            failures[paths[key]] = error
    if failures:
        raise BatchFailed(failures=failures)


def _delete(
    calls: Calls, place: Place, keys: list[str], args: dict[str, Any]
) -> list[tuple[str, StorageError]]:
    """Keys that one request could not delete, and why."""
    boundary = os.urandom(16).hex()
    query = f"?{urlencode(args, quote_via=quote)}" if args else ""
    entries = [_entry(n, place.object(key) + query) for n, key in enumerate(keys)]
    body = "".join(f"--{boundary}\r\n{entry}" for entry in entries) + f"--{boundary}--"
    headers = {"content-type": f'multipart/mixed; boundary="{boundary}"'}
    try:
        answer = calls.send(
            "POST", "/batch/storage/v1", headers=headers, body=body.encode(), repeat=False
        )
        answers = _answers(answer)
        if len(answers) != len(keys):
            raise Unexpected(f"a batch of {len(keys)} requests has {len(answers)} answers")
    except errors.VENDOR_ERRORS as error:
        return [(key, errors.mapped(error)) for key in keys]
    failed = ((k, a) for k, a in zip(keys, answers, strict=True) if a.status_code >= 300)
    return [(key, errors.from_answer(a)) for key, a in failed if a.status_code != 404]


def _entry(number: int, path: str) -> str:
    return (
        "content-type: application/http\r\n"
        "mime-version: 1.0\r\n"
        f"content-id: <{number}>\r\n\r\n"
        f"DELETE {path} HTTP/1.1\r\n\r\n\r\n"
    )


def _answers(answer: Response) -> list[Response]:
    """The answers inside an answer, in the order of the requests."""
    head = f"content-type: {answer.headers['content-type']}\r\n\r\n".encode()
    whole = BytesParser().parsebytes(head + answer.content)
    parts = cast("list[Message[str, str]]", whole.get_payload())
    return [_answer(cast("bytes", part.get_payload(decode=True))) for part in parts]


def _answer(text: bytes) -> Response:
    """One of them, from its text."""
    made, status = Response(), _STATUS.match(text)
    made.status_code = int(status[1]) if status else 500
    head, _, body = text[status.end() if status else 0 :].replace(b"\r\n", b"\n").partition(b"\n\n")
    made.headers.update(BytesParser().parsebytes(head + b"\n\n").items())
    vars(made)["_content"] = body.strip()
    return made
