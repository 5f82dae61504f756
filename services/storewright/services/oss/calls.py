"""What holds for every request: the time left for its call, retries, and connections.

oss2 lets its user bring the session that sends its requests. Its own neither retries nor knows how
long a call may take; ours does both, and asks the environment for proxies once, not each time.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Final, final

import requests
from requests.adapters import HTTPAdapter

from storewright.core.deadline import current
from storewright.services.oss.sdk import errors, new_response

__all__ = ["Session", "split"]

_PARAMETERS: Final = frozenset(
    {
        "response-cache-control",
        "response-content-disposition",
        "response-content-encoding",
        "response-content-language",
        "response-content-type",
        "versionId",
    }
)
"""Bound names that are parameters of the URL; all others are headers."""
_META: Final = "x-oss-meta-"
_AGAIN: Final = frozenset({429, 500, 502, 503, 504})
_SAFE: Final = frozenset({"GET", "HEAD", "PUT", "DELETE"})
"""What may be sent twice: a POST begins an upload, appends or publishes."""
_FIRST_PAUSE: Final = 0.1
_LONGEST_PAUSE: Final = 5.0


def split(args: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, str]]:
    """The headers and the URL's parameters among the ``args`` of a bound call."""
    headers: dict[str, str] = {}
    params: dict[str, str] = {}
    for name, value in args.items():
        if name == "Metadata":
            headers.update((_META + key, text) for key, text in value.items())
        elif name == "Headers":
            headers.update(value)
        elif name == "Parameters":
            params.update(value)
        elif name in _PARAMETERS:
            params[name] = value
        else:
            headers[name] = value
    return headers, params


@final
class Session:
    """Sends oss2's requests over connections that are kept, and again where that is safe."""

    def __init__(
        self,
        pool_size: int,
        retries: int,
        timeouts: tuple[float, float],
        proxies: Mapping[str, str],
        ca_bundle: str | None,
    ) -> None:
        """``timeouts``: seconds to connect, and to wait for an answer."""
        self._session = requests.Session()
        self._session.trust_env = False  # it would be asked again for each request
        self._session.headers.clear()
        for scheme in ("http://", "https://"):
            adapter = HTTPAdapter(pool_connections=1, pool_maxsize=pool_size)
            self._session.mount(scheme, adapter)
        self._retries, self._timeouts = retries, timeouts
        self._proxies, self._verify = dict(proxies), ca_bundle or True

    def close(self) -> None:
        """Give back the connections."""
        self._session.close()

    def do_request(self, request: Any, timeout: object) -> Any:
        """Send one request of oss2's, whose own ``timeout`` is not used."""
        left = self._retries if request.method in _SAFE else 0
        prepared = self._prepared(request)
        pause = _FIRST_PAUSE
        while True:
            try:
                answer = self._send(prepared)
            except requests.RequestException as error:
                if not left or not _may_pass(error):
                    raise errors.RequestError(error) from error
            else:
                if not left or answer.status_code not in _AGAIN:
                    return new_response(answer)
                answer.close()
            left -= 1
            _wait(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
            if hasattr(prepared.body, "seek"):
                prepared.body.seek(0)

    def _prepared(self, request: Any) -> Any:
        headers = {name: value for name, value in request.headers.items() if value is not None}
        prepared: Any = requests.Request(
            request.method, request.url, headers, data=request.data, params=request.params
        ).prepare()
        return prepared

    def _send(self, prepared: Any) -> requests.Response:
        deadline = current.deadline
        connect, read = self._timeouts
        if deadline is not None:
            deadline.check()
            remaining = deadline.remaining()
            if remaining is not None:
                connect, read = (max(0.001, min(n, remaining)) for n in (connect, read))
        return self._session.send(
            prepared,
            stream=True,
            timeout=(connect, read),
            proxies=self._proxies,
            verify=self._verify,
            allow_redirects=False,
        )


def _may_pass(error: requests.RequestException) -> bool:
    """Whether the same request may succeed a moment later."""
    passing = (requests.ConnectionError, requests.Timeout)
    lasting = (requests.exceptions.SSLError, requests.exceptions.ProxyError)
    return isinstance(error, passing) and not isinstance(error, lasting)


def _wait(pause: float) -> None:
    """Wait, but not longer than the call may take."""
    deadline = current.deadline
    remaining = None if deadline is None else deadline.remaining()
    time.sleep(pause if remaining is None else min(pause, remaining))
