"""Content from the web, as a file that can be read once: for `fetch` where a service has none."""

import http.client
import urllib.error
import urllib.request
from types import TracebackType
from typing import Final, Self, cast, final
from urllib.parse import urlsplit

from storewright.core.deadline import Deadline
from storewright.core.errors import (
    ConnectionFailed,
    ObjectNotExist,
    OperationTimeout,
    PairValueInvalid,
    PermissionDenied,
    RequestThrottled,
    RestrictionDissatisfied,
    ServiceInternal,
    StorageError,
    Unexpected,
)

__all__ = ["Download"]

_PATIENCE: Final = 60.0
"""Seconds without a byte after which a server counts as gone."""


@final
class Download:
    """What a GET of ``url`` returns. Use it in a `with` block.

    Only http and https are fetched, also when the server redirects. Raises PairValueInvalid for any
    other URL, RestrictionDissatisfied for more than ``maximum`` bytes, OperationTimeout after the
    deadline, ConnectionFailed when the content breaks off, and else what the server's status means.
    """

    def __init__(self, url: str, *, maximum: int | None, deadline: Deadline) -> None:
        self._maximum, self._deadline = maximum, deadline
        self._taken = 0
        self._answer = _ask(_checked(url), deadline)
        self.content_type: str | None = self._answer.headers.get("Content-Type")
        """The media type that the server named, or None."""
        self._length: int | None = self._answer.length
        try:
            self._admit(self._length or 0)
        except StorageError:
            self._answer.close()
            raise

    def read(self, size: int, /) -> bytes:
        """Up to ``size`` bytes, none at the end."""
        self._deadline.check()
        try:
            chunk = self._answer.read1(size)  # what is there, so that the deadline is seen
        except (OSError, http.client.HTTPException) as error:
            raise _mapped(error) from error
        self._taken += len(chunk)
        self._admit(self._taken)
        if not chunk and self._length is not None and self._taken < self._length:
            message = f"the content broke off after {self._taken} of {self._length} bytes"
            raise ConnectionFailed(message)
        return chunk

    def _admit(self, size: int) -> None:
        if self._maximum is not None and size > self._maximum:
            message = f"the content has more than the {self._maximum} bytes that may be fetched"
            raise RestrictionDissatisfied(message)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._answer.close()


def _checked(url: str) -> str:
    try:
        parts = urlsplit(url)
        valid = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        valid = False
    if not valid or not url.isascii() or any(c.isspace() for c in url):
        message = "url must be an http or https URL, percent-encoded"
        raise PairValueInvalid(message, pair="url")
    return url


def _ask(url: str, deadline: Deadline) -> http.client.HTTPResponse:
    remaining = deadline.remaining()
    patience = _PATIENCE if remaining is None else max(0.001, min(_PATIENCE, remaining))
    opener = urllib.request.OpenerDirector()
    for handler in _HANDLERS:
        opener.add_handler(handler())
    try:
        return cast("http.client.HTTPResponse", opener.open(url, timeout=patience))
    except (OSError, http.client.HTTPException) as error:
        raise _mapped(error) from error


# Those of urllib for http and https, and nothing that would open a local file.
_HANDLERS: Final = (
    urllib.request.ProxyHandler,
    urllib.request.HTTPHandler,
    urllib.request.HTTPSHandler,
    urllib.request.HTTPRedirectHandler,
    urllib.request.HTTPErrorProcessor,
    urllib.request.HTTPDefaultErrorHandler,
    urllib.request.UnknownHandler,
)

_STATUSES: Final[dict[int, type[StorageError]]] = {
    401: PermissionDenied,
    403: PermissionDenied,
    404: ObjectNotExist,
    408: OperationTimeout,
    410: ObjectNotExist,
    429: RequestThrottled,
}


def _mapped(error: Exception) -> StorageError:
    if isinstance(error, urllib.error.HTTPError):
        error.close()
        return _refused(error.code)
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(reason, TimeoutError):
        return OperationTimeout("the server of the URL did not answer in time")
    return ConnectionFailed(f"the URL was not fetched: {reason}")


def _refused(status: int) -> StorageError:
    kind = _STATUSES.get(status, ServiceInternal if status >= 500 else Unexpected)
    return kind(f"the server of the URL answered with status {status}", http_status=status)
