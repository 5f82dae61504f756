"""What holds for every request: the time left for its call, and what the SDK leaves undone.

The SDK signs and retries by itself, and sends through a session of requests that we give it. What
the session must know about the call at hand is kept for the thread in which it runs.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

import qcloud_cos
from requests.utils import get_environ_proxies

from storewright.core.deadline import current
from storewright.core.errors import OperationTimeout
from storewright.core.redact import redact

__all__ = ["attempts", "headers_of", "install"]

_sdk: Any = qcloud_cos
_META: Final = "x-cos-meta-"
_NUMBERS: Final = ("content-length", "x-cos-tagging-count", "x-cos-next-append-position")
_NAMES: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTHS: Final = {name: number for number, name in enumerate(_NAMES, 1)}


class _Call(threading.local):
    sent: int = 0


_call = _Call()


def attempts() -> int:
    """How many requests this thread has sent: a call that sent more than one has retried."""
    return _call.sent


def install(client: Any, session: Any, connect: float | None, read: float | None) -> None:
    """Attach to a client, and to the session that it sends through, what the SDK leaves undone."""
    send, ask, proxies = session.send, client.send_request, _Proxies()

    def timely(request: Any, **options: Any) -> Any:
        options["timeout"] = _timeout(options["timeout"], connect, read)
        options["proxies"] = options["proxies"] or proxies.of(request.url)
        _call.sent += 1
        return send(request, **options)

    def checked(method: str, url: str, **options: Any) -> Any:
        if current.deadline is not None:
            current.deadline.check()
        try:
            answer = ask(method, url, **options)
        except _sdk.CosClientError as error:
            if isinstance(error.__context__, OperationTimeout):  # of the deadline, between retries
                raise error.__context__ from None
            raise
        if answer is not None and answer.status_code >= 300:
            _refuse(method, answer)
        return answer

    session.send, client.send_request = timely, checked


class _Proxies:
    """The proxies of the environment, which is asked once for each host."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], dict[str, str]] = {}

    def of(self, url: str) -> dict[str, str]:
        """Those for an address, by scheme."""
        scheme, _, rest = url.partition("://")
        where = scheme, rest.partition("/")[0]
        found = self._found.get(where)
        if found is None:
            found = self._found[where] = get_environ_proxies(url)
        return found


def _timeout(usual: float, connect: float | None, read: float | None) -> tuple[float, float]:
    """How long to wait: what the user said, else the SDK, and never longer than the call may."""
    first, last = connect or usual, read or usual
    deadline = current.deadline
    if deadline is None:
        return first, last
    deadline.check()
    remaining = deadline.remaining()
    if remaining is None:
        return first, last
    return max(0.001, min(first, remaining)), max(0.001, min(last, remaining))


def _refuse(method: str, answer: Any) -> None:
    """A redirection, or Not Modified, is no success, although the SDK takes it for one."""
    said = answer.text or dict(answer.headers.items())
    answer.close()
    raise _sdk.CosServiceError(method, said, answer.status_code)


# ------------------------------------------------------------------------------------------ answers


def headers_of(answer: Mapping[str, Any]) -> dict[str, Any]:
    """The headers of an answer under lower-case names, numbers and times as such.

    User metadata are under ``metadata``; where an append would go is under ``append-offset``.
    """
    found: dict[str, Any] = {name.lower(): value for name, value in answer.items()}
    for name in _NUMBERS:
        if name in found:
            found[name] = int(found[name])
    if "last-modified" in found:
        found["last-modified"] = _moment(found["last-modified"])
    if found.get("x-cos-object-type") == "appendable":
        found["append-offset"] = found.get("content-length")
    found["metadata"] = {n[len(_META) :]: found[n] for n in found if n.startswith(_META)}
    return found


def _moment(text: str) -> datetime:
    """The moment in ``Sat, 21 Nov 2026 08:15:00 GMT``: four times as fast as the library's."""
    try:
        year, month, day = int(text[12:16]), _MONTHS[text[8:11]], int(text[5:7])
        hour, minute, second = int(text[17:19]), int(text[20:22]), int(text[23:25])
    except (ValueError, KeyError):
        return parsedate_to_datetime(text)  # another form
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)


# --------------------------------------------------------------------------------------------- logs

_SECRET: Final = re.compile(
    r"""((?:customer-key|security-token|authorization)['"]?\s*[:=]+\s*b?)(['"]).*?\2""",
    re.IGNORECASE,
)


def _redacted(record: logging.LogRecord) -> bool:
    """Keep out of the log what the SDK writes there: customers' keys, tokens, signatures."""
    record.msg = redact(_SECRET.sub(r"\1'***'", record.getMessage()))
    record.args = ()
    return True


logging.getLogger("qcloud_cos.cos_client").addFilter(_redacted)
# What it logs of signing is keys and signatures, and nothing else.
logging.getLogger("qcloud_cos.cos_auth").addFilter(lambda record: record.levelno > logging.INFO)
