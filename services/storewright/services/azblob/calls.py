"""What holds for every request: which blob it is about, what it says, and the time that is left.

The SDK makes, signs and retries requests by itself. A client of its own is bound to one blob and
takes as long to make as everything else that we do for a small object, so there is one client for
all blobs, and each call tells it, before the request is signed, which one it means.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, final
from urllib.parse import quote

import requests
from azure.core.pipeline.transport import HttpTransport, RequestsTransport
from requests.adapters import HTTPAdapter
from typing_extensions import override

from storewright.core.deadline import current

__all__ = [
    "ANY_BLOB",
    "Answer",
    "Call",
    "Transport",
    "address_of",
    "answer_of",
    "headers_of",
]

ANY_BLOB: Final = "-"
"""The name that the client of all blobs has been made with."""
_SAFE: Final = "~/"
_META: Final = "x-ms-meta-"


@final
class Call:
    """One call: the key of a blob, and headers by name; ``?name`` is a parameter of the query.

    It is the ``raw_request_hook`` of the SDK's methods, which is called before a request is signed.
    """

    __slots__ = ("_args", "_key")

    def __init__(self, key: str, args: Mapping[str, Any]) -> None:
        self._key, self._args = key, args

    def __call__(self, request: Any) -> None:
        """Complete the request."""
        message = request.http_request
        path, _, query = message.url.partition("?")
        parameters = [query] if query else []
        for name, value in self._args.items():
            if name[0] == "?":
                parameters.append(f"{name[1:]}={quote(value, safe='')}")
            elif name == "x-ms-meta":
                message.headers.update({_META + key: text for key, text in value.items()})
            else:
                message.headers[name] = value
        message.url = address_of(path.removesuffix(ANY_BLOB), self._key, parameters)


def address_of(container: str, key: str, parameters: Sequence[str]) -> str:
    """The URL of a blob, from that of its container with a slash at the end."""
    address = container + quote(key, safe=_SAFE)
    return f"{address}?{'&'.join(parameters)}" if parameters else address


class Answer(dict[str, Any]):
    """The headers of an answer under lower-case names, with the user metadata in ``x-ms-meta``."""

    name: str
    """Set by the SDK on whatever it is given."""


def answer_of(headers: Mapping[str, str]) -> Answer:
    """An answer's headers."""
    metadata: dict[str, str] = {}
    found = Answer({"x-ms-meta": metadata})
    for name, value in headers.items():
        lower = name.lower()
        if lower.startswith(_META):
            metadata[name[len(_META) :]] = value
        else:
            found[lower] = value
    return found


def headers_of(answer: Any, _: Any, __: Any) -> Answer:
    """The same, as the ``cls`` of a call of the SDK: what it returns instead of its own objects."""
    return answer_of(answer.headers)


@final
class _Session:
    """As much of a requests.Session as the SDK's transport asks for.

    A session would read the environment and a .netrc for every request, merge them with defaults,
    and look for cookies and redirects in the answer: a quarter of the time of a small request. The
    .netrc would even replace the signature.
    """

    def __init__(self, pool_size: int, proxies: dict[str, str]) -> None:
        self._adapter = HTTPAdapter(pool_connections=pool_size, pool_maxsize=pool_size)
        self._proxies = proxies

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        data: Any,
        files: Any,
        proxies: Mapping[str, str] | None,
        allow_redirects: bool,
        stream: bool = False,
        **options: Any,
    ) -> requests.Response:
        """Send a request; ``options`` are the time limits and certificates."""
        prepared = requests.PreparedRequest()
        prepared.prepare_method(method)
        prepared.prepare_url(url, None)
        prepared.prepare_headers(headers)
        prepared.prepare_body(data, files)
        chosen = self._proxies if proxies is None else dict(proxies)
        answer = self._adapter.send(prepared, stream=stream, proxies=chosen, **options)
        if not stream:
            answer.content  # noqa: B018 - reads it, and gives the connection back
        return answer

    def close(self) -> None:
        """Give back the connections."""
        self._adapter.close()


class Transport(HttpTransport[Any, Any]):
    """The SDK's transport, with a pool of a size of our own, and the deadline of each call.

    ``proxies`` are all that there are: the environment is left to the caller.
    """

    def __init__(self, pool_size: int, proxies: dict[str, str], **options: Any) -> None:
        self._transport = RequestsTransport(session=_Session(pool_size, proxies), **options)

    @override
    def send(self, request: Any, **options: Any) -> Any:
        deadline = current.deadline
        if deadline is not None:
            deadline.check()
            usual = self._transport.connection_config
            for name, time in (
                ("connection_timeout", usual.timeout),
                ("read_timeout", usual.read_timeout),
            ):
                options[name] = _shorter(options.get(name, time), deadline.remaining())
        return self._transport.send(request, **options)

    @override
    def sleep(self, duration: float) -> None:
        """Wait before a request is tried again, but not longer than the call may take."""
        remaining = None if current.deadline is None else current.deadline.remaining()
        super().sleep(duration if remaining is None else min(duration, remaining))

    @override
    def open(self) -> None:
        self._transport.open()

    @override
    def close(self) -> None:
        self._transport.close()

    @override
    def __exit__(self, *exc_info: object) -> None:
        self.close()


def _shorter(usual: float, remaining: float | None) -> float:
    return usual if remaining is None else max(0.001, min(usual, remaining))
