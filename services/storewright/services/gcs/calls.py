"""Requests: over the SDK's session, tried again as the SDK does, never after their call's time.

The SDK's own methods would ask for more than is wanted, copy what is sent, or look at it twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final, final
from urllib.parse import quote, urlencode

from google.api_core.exceptions import RetryError

from storewright.core.deadline import Deadline
from storewright.core.encoders import encode_text
from storewright.core.errors import OperationTimeout
from storewright.services.gcs import errors, sdk

if TYPE_CHECKING:
    from requests import Response

    from storewright.services.gcs.client import Connection

__all__ = ["Args", "Calls", "Request", "quoted", "rfc3339"]

Args = Mapping[str, Any]
"""What a call says: headers, fields of the resource, and the query; see Request.of."""
_RESOURCE: Final = "resource."
_HEADERS: Final = frozenset(
    {
        "cache-control",
        "content-disposition",
        "content-encoding",
        "content-language",
        "content-length",
        "content-md5",
        "content-type",
        "if-match",
        "if-none-match",
        "range",
    }
)
_VENDOR: Final = "x-goog-"
_METADATA: Final = "x-goog-meta-"
_NOTHING: Final[Mapping[str, Any]] = {}


def quoted(key: str) -> str:
    """A bucket's or an object's name as one segment of a URL's path."""
    return quote(key, safe="")


@final
class Request:
    """A request, apart from where it goes."""

    __slots__ = ("headers", "query", "resource")

    def __init__(self) -> None:
        self.query: dict[str, str] = {}
        self.headers: dict[str, str] = {}
        self.resource: dict[str, Any] = {}

    @classmethod
    def of(cls, args: Args) -> Request:
        """Sort ``args`` by where they belong.

        The names of headers are known; one after ``resource.`` is a field's; any other is in the
        query.
        """
        made = cls()
        for name, value in args.items():
            if name.startswith(_RESOURCE):
                made.resource[name.removeprefix(_RESOURCE)] = _json(value)
            elif name == _METADATA:
                made.headers |= {f"{_METADATA}{key}": text for key, text in value.items()}
            elif name in _HEADERS or name.startswith(_VENDOR):
                made.headers[name] = _text(value)
            else:
                made.query[name] = _text(value)
        return made


def _text(value: Any) -> str:
    return rfc3339(value) if isinstance(value, datetime) else encode_text(value)


def _json(value: Any) -> Any:
    return rfc3339(value) if isinstance(value, datetime) else value


def rfc3339(value: datetime) -> str:
    """A moment as RFC 3339 has it, in UTC."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


@final
class Calls:
    """Sends the requests of one call of the user's, all within its time."""

    __slots__ = ("_connection", "deadline")

    def __init__(self, connection: Connection, timeout: float | Deadline | None = None) -> None:
        self._connection = connection
        if timeout is None or isinstance(timeout, Deadline):
            self.deadline = timeout
        else:
            self.deadline = Deadline(timeout)

    @property
    def client(self) -> Any:
        """The SDK's client."""
        return self._connection.client

    @property
    def address(self) -> str:
        """The service's URL, without a slash at the end."""
        return self._connection.address

    def send(
        self,
        method: str,
        path: str,
        args: Args = _NOTHING,
        *,
        headers: Mapping[str, str] | None = None,
        body: Any = None,
        stream: bool = False,
        repeat: bool = True,
    ) -> Response:
        """The answer to a request; raises the SDK's exception for one that says no.

        ``path`` may be a whole URL. ``stream`` leaves the body of the answer to the caller.
        Without ``repeat``, it is tried again only where the SDK would: if a generation is named,
        so that doing it twice is doing it once.
        """
        once, query = self._prepared(method, path, args, headers, body, stream)
        return self.repeated(once, repeat or sdk.is_generation_specified(query))

    def send_once(
        self, method: str, path: str, args: Args, headers: Mapping[str, str], body: Any
    ) -> Response:
        """The same, for whoever tries again by himself."""
        return self._prepared(method, path, args, headers, body, stream=False)[0]()

    def _prepared(
        self,
        method: str,
        path: str,
        args: Args,
        headers: Mapping[str, str] | None,
        body: Any,
        stream: bool,
    ) -> tuple[Callable[[], Response], Mapping[str, str]]:
        """What sends a request, and its query."""
        request = Request.of(args)
        url = path if "://" in path else self._connection.address + path
        if request.query:
            url += ("&" if "?" in url else "?") + urlencode(request.query, quote_via=quote)
        if headers is not None:
            request.headers.update(headers)
        once = partial(self._once, method, url, request.headers, body, stream)
        return once, request.query

    def json(self, method: str, path: str, args: Args = _NOTHING, **options: Any) -> dict[str, Any]:
        """The object in the answer's body."""
        found: dict[str, Any] = self.send(method, path, args, **options).json()
        return found

    def repeated(self, once: Callable[[], Response], repeat: bool) -> Response:
        """Call ``once`` as often as it takes and is allowed."""
        retry = self._connection.retry if repeat else None
        if retry is None:
            return once()
        left = None if self.deadline is None else self.deadline.remaining()
        try:
            if left is not None:
                retry = retry.with_timeout(left)
            answer: Response = retry(once, on_error=self._counter())()
        except RetryError as error:
            if left is None:
                raise
            raise OperationTimeout(f"not finished within {left:g} s") from error
        return answer

    def _counter(self) -> Callable[[Exception], object] | None:
        """What is called with each failure, and raises the one that is too many."""
        most = self._connection.retries
        if most is None:
            return None
        failures: list[Exception] = []

        def count(error: Exception) -> None:
            failures.append(error)
            if len(failures) > most:
                raise error

        return count

    def _once(
        self, method: str, url: str, headers: Mapping[str, str], body: Any, stream: bool
    ) -> Response:
        connection = self._connection
        waits: tuple[float, float] = (connection.connect_timeout, connection.read_timeout)
        if self.deadline is not None:
            self.deadline.check()
            waits = self._shorter(*waits)
        answer: Response = connection.session.request(
            method,
            url,
            data=body,
            headers=headers,
            timeout=waits,
            stream=stream,
            allow_redirects=False,
        )
        if answer.status_code >= 300 and answer.status_code != errors.INCOMPLETE:
            raise errors.said_no(answer)
        return answer

    def _shorter(self, *waits: float) -> Any:
        """Times to wait: never longer than what is left of the call's."""
        left = None if self.deadline is None else self.deadline.remaining()
        return tuple(wait if left is None else max(0.001, min(wait, left)) for wait in waits)
