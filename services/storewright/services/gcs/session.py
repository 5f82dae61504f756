"""A resumable upload: bytes in order, to one address; the last of them publish the object."""

from __future__ import annotations

from typing import Any, Final, final

from google.api_core.exceptions import GoogleAPICallError

from storewright.core.errors import Unexpected
from storewright.services.gcs import errors
from storewright.services.gcs.bodies import joined
from storewright.services.gcs.calls import Calls, Request
from storewright.services.gcs.checksums import Crc32c
from storewright.services.gcs.inserting import json_of
from storewright.services.gcs.place import Place

__all__ = ["Session", "begin"]

_JSON: Final = {"content-type": "application/json; charset=UTF-8"}
_LAST: Final = {"connection": "close"}
"""A writer may be dropped together with its store, whose pool then keeps no connection any more."""
_GONE: Final = (404, 410, 499)
"""The answers of a session that is over; 499 is that to its abort."""


def begin(calls: Calls, place: Place, key: str, args: dict[str, Any]) -> str:
    """Begin an upload; returns the address of its session, which whoever knows it may write to."""
    resource = Request.of(args).resource
    headers = dict(_JSON)
    if "contentType" in resource:
        headers["x-upload-content-type"] = resource["contentType"]
    with errors.exclusive(args):
        answer = calls.send(
            "POST",
            place.uploads,
            {"uploadType": "resumable", **args},
            headers=headers,
            body=json_of({"name": key, **resource}).encode(),
        )
    url: str = answer.headers["location"]
    return url


@final
class Session:
    """One upload, at ``url``. ``args`` are what each of its requests says.

    A request that fails is tried again with the bytes that did not arrive.
    """

    def __init__(self, calls: Calls, url: str, args: dict[str, Any]) -> None:
        self._calls, self._url, self._args = calls, url, args
        self.sent = 0
        """Bytes that the service has."""

    def send(self, kept: bytes, data: memoryview) -> None:
        """Send bytes, a multiple of 256 KiB, after those sent before."""
        self._put(memoryview(kept), data, "*", {})

    def finish(self, data: bytes, checksum: Crc32c | None) -> dict[str, Any]:
        """Send the last bytes, which publishes the object; returns its resource."""
        headers = {} if checksum is None else {"x-goog-hash": f"crc32c={checksum.text}"}
        found = self._put(memoryview(data), memoryview(b""), self.sent + len(data), headers)
        if found is None:
            raise Unexpected("the service still waits for bytes of an upload that is whole")
        return found

    def _put(
        self, first: memoryview, second: memoryview, total: int | str, headers: dict[str, str]
    ) -> dict[str, Any] | None:
        """Send two pieces; what the service says once it has them all, if that is the object."""
        start, end = self.sent, self.sent + len(first) + len(second)
        doubtful = False

        def once() -> Any:
            nonlocal doubtful
            if doubtful:  # an earlier attempt may have brought some of them, or all
                answer = self._ask()
                if answer.status_code != errors.INCOMPLETE:
                    return answer
            doubtful = True
            answer = self._put_once(*_rest(first, second, self.sent - start), total, headers)
            if answer.status_code == errors.INCOMPLETE:
                self.sent = _stored(answer)
            return answer

        answer = self._calls.repeated(once, repeat=True)
        while answer.status_code == errors.INCOMPLETE and start <= self.sent < end:
            before, doubtful = self.sent, False
            answer = self._calls.repeated(once, repeat=True)
            if self.sent == before:
                break
        return self._finished(answer, end)

    def _finished(self, answer: Any, end: int) -> dict[str, Any] | None:
        if answer.status_code == errors.INCOMPLETE:
            if self.sent != end:
                raise Unexpected(f"the service has {self.sent} of {end} bytes of the upload")
            return None
        self.sent = end
        found: dict[str, Any] = answer.json()
        return found

    def _put_once(
        self, first: memoryview, second: memoryview, total: int | str, headers: dict[str, str]
    ) -> Any:
        size = len(first) + len(second)
        span = f"{self.sent}-{self.sent + size - 1}" if size else "*"
        headers = {**headers, "content-range": f"bytes {span}/{total}"}
        body = joined(first, second) if size else b""
        return self._send("PUT", self._calls, headers, body)

    def ask(self) -> dict[str, Any] | None:
        """Find out how many bytes the service has; the object's resource if it is published."""
        answer = self._calls.repeated(self._ask, repeat=True)
        if answer.status_code == errors.INCOMPLETE:
            return None
        found: dict[str, Any] = answer.json()
        self.sent = int(found["size"])
        return found

    def _ask(self) -> Any:
        answer = self._send("PUT", self._calls, {"content-range": "bytes */*"}, b"")
        if answer.status_code == errors.INCOMPLETE:
            self.sent = _stored(answer)
        return answer

    def drop(self, calls: Calls) -> None:
        """Abort the upload; one that is gone is no error."""
        try:
            calls.repeated(lambda: self._send("DELETE", calls, _LAST, b""), repeat=True)
        except GoogleAPICallError as error:
            if errors.status_of(error) not in _GONE:
                raise

    def _send(self, method: str, calls: Calls, headers: dict[str, str], body: Any) -> Any:
        return calls.send_once(method, self._url, self._args, headers, body)


def _rest(first: memoryview, second: memoryview, there: int) -> tuple[memoryview, memoryview]:
    """What of two pieces is not there yet."""
    return first[there:], second[max(0, there - len(first)) :]


def _stored(answer: Any) -> int:
    """How many bytes the service has, from its Range header; none has no such header."""
    span: str | None = answer.headers.get("range")
    return 0 if span is None else int(span.rpartition("-")[2]) + 1
