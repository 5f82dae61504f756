"""A gateway to a real S3 server that refuses, or holds back, the requests that a test chooses."""

import http.client
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote, urlencode, urlsplit

from tests.services.stub import serving

from .stub import Answer, Request, Stub

__all__ = ["Gateway", "Hold", "gateway"]

_OF_THE_HOP: Final = {"connection", "expect", "transfer-encoding"}
_OWN: Final = {"connection", "date", "server", "transfer-encoding"}
_PATIENCE: Final = 120.0


@dataclass
class Hold:
    """Requests that wait until they are released."""

    reached: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)
    dropped: bool = False

    def await_request(self) -> None:
        """Wait until there is one."""
        assert self.reached.wait(_PATIENCE), "no such request was made"

    def release(self) -> None:
        """Let them go on, and those that follow."""
        self.released.set()

    def drop(self) -> None:
        """Let them never reach the server: who sent them is dead."""
        self.dropped = True
        self.released.set()


@dataclass
class _Rule:
    kind: str
    key: str
    part: int | None
    last: bool
    times: float
    does: Answer | Hold

    def concerns(self, request: Request, part_size: int) -> bool:
        return (
            request.kind == self.kind
            and self.key in request.path
            and self.part in (None, int(request.query.get("partNumber", 0)))
            and not (self.last and len(request.body) >= part_size)
        )


class Gateway:
    """Passes requests on, unless a rule says otherwise; the signatures stay valid."""

    def __init__(self, target: str, part_size: int) -> None:
        address = urlsplit(target)
        self._target = (address.hostname or "", address.port or 0)
        self._part_size = part_size
        self._rules: list[_Rule] = []
        self._lock = threading.Lock()
        self.endpoint = ""
        self.struck = 0
        """How many requests a rule has met."""

    def fail(
        self,
        kind: str,
        answer: Answer,
        *,
        key: str = "",
        part: int | None = None,
        last: bool = False,
        times: float = float("inf"),
    ) -> None:
        """Answer requests of a kind, whose path has ``key`` in it, so instead.

        ``last``: only parts that are shorter than the others, of which each upload has one.
        """
        self._rules.append(_Rule(kind, key, part, last, times, answer))

    def hold(self, kind: str, *, key: str = "") -> Hold:
        """Have requests of a kind wait."""
        hold = Hold()
        self._rules.append(_Rule(kind, key, None, False, float("inf"), hold))
        return hold

    def clear(self) -> None:
        """Pass on everything from now on, what is held back as well."""
        with self._lock:
            rules, self._rules = self._rules, []
        for rule in rules:
            if isinstance(rule.does, Hold):
                rule.does.release()

    def answer(self, request: Request) -> Answer:
        """What the client is told."""
        if len(request.body) != int(request.headers.get("content-length", 0)):
            return Answer(status=400)  # it has gone away in the middle
        does = self._found(request)
        if isinstance(does, Answer):
            return does
        if does is not None:
            does.reached.set()
            does.released.wait(_PATIENCE)
            if does.dropped:
                return Answer(status=503)
        return self._passed_on(request)

    def _found(self, request: Request) -> Answer | Hold | None:
        with self._lock:
            for rule in self._rules:
                if rule.times > 0 and rule.concerns(request, self._part_size):
                    rule.times -= 1
                    self.struck += 1
                    return rule.does
        return None

    def _passed_on(self, request: Request) -> Answer:
        query = urlencode(dict(request.query), quote_via=quote, safe="")
        connection = http.client.HTTPConnection(*self._target, timeout=_PATIENCE)
        try:
            connection.putrequest(
                request.method,
                f"{request.path}?{query}" if query else request.path,
                skip_host=True,
                skip_accept_encoding=True,
            )
            for name, value in request.headers.items():
                if name not in _OF_THE_HOP:
                    connection.putheader(name, value)
            connection.endheaders(request.body)
            answer = connection.getresponse()
            headers = {k: v for k, v in answer.getheaders() if k.lower() not in _OWN}
            return Answer(answer.read(), answer.status, headers)
        finally:
            connection.close()


@contextmanager
def gateway(endpoint: str, part_size: int) -> Generator[Gateway]:
    """A gateway to ``endpoint``, for writers of parts of that size."""
    made = Gateway(endpoint, part_size)
    with serving(Stub()) as front:
        front.other = made.answer
        made.endpoint = front.endpoint
        try:
            yield made
        finally:
            made.clear()
