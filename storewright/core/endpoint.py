"""Where a service is reached: a normal URL without credentials."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NoReturn, Self

from storewright.core.checks import as_string
from storewright.core.errors import PairValueInvalid
from storewright.core.record import Record
from storewright.core.suggest import did_you_mean

if TYPE_CHECKING:
    from urllib.parse import SplitResult

__all__ = ["Endpoint"]

_PORTS: Final[dict[str, int | None]] = {"http": 80, "https": 443, "tcp": None}
_HOST: Final = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_.])?")
_PATH: Final = re.compile(r"[!-~]*")


class Endpoint(Record):
    """A service's address. ``str()`` is its URL, which :meth:`parse` reads back."""

    scheme: str
    """``http``, ``https`` or ``tcp``."""
    host: str
    """Name in lower case, or address; an IPv6 address is without brackets."""
    port: int
    """The scheme's own port where the URL has none."""
    path: str = ""
    """Empty, or with a leading and without a trailing slash: ``/x``."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``scheme://host[:port][/path]``.

        Raises PairValueInvalid; its message never repeats the text, which may hold a password.
        """
        url = _split(as_string("endpoint", text))
        if url.scheme not in _PORTS:
            guess = did_you_mean(url.scheme, _PORTS)
            _refuse(f"the scheme must be one of {', '.join(_PORTS)}{guess}", "write http://host")
        if "@" in url.netloc:
            _refuse("it must not carry user:password", "give a credential instead")
        if url.query or url.fragment or "?" in text or "#" in text:
            _refuse("it must not have a query or fragment")
        return cls(url.scheme, _host(url), _port(url), _path(url.path))

    @property
    def authority(self) -> str:
        """``host`` or ``host:port``, the port left out where it is the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def secure(self) -> bool:
        """Whether the connection is encrypted."""
        return self.scheme == "https"

    @property
    def url(self) -> str:
        """The whole URL, as vendor clients take it."""
        return f"{self.scheme}://{self.authority}{self.path}"

    def __str__(self) -> str:
        return self.url


def _split(text: str) -> SplitResult:
    from urllib.parse import urlsplit  # only who has an endpoint pays for it

    if not text.isprintable() or " " in text or "\\" in text:
        _refuse("it contains a blank, a backslash or a control character")
    scheme, separator, rest = text.partition("://")
    if not (scheme and separator and rest):
        _refuse("it must be a URL", "write http://host:port")
    try:
        return urlsplit(text)
    except ValueError:  # brackets that are not an IPv6 address
        _refuse("the host is malformed", "write an IPv6 address as [::1]")


def _host(url: SplitResult) -> str:
    host = url.hostname or ""
    if "[" in url.netloc:
        return _ipv6(host)
    if not _HOST.fullmatch(host):
        _refuse("the host is malformed", "write a name outside ASCII in its xn-- form")
    return host


def _ipv6(host: str) -> str:
    import ipaddress

    try:
        return str(ipaddress.IPv6Address(host))
    except ValueError:
        _refuse("the host is malformed", "write an IPv6 address as [::1]")


def _port(url: SplitResult) -> int:
    try:
        port = url.port
    except ValueError:
        port = 0
    if port is None:
        port = _PORTS[url.scheme]
    if not port:
        _refuse("the port must be a number from 1 to 65535")
    return port


def _path(path: str) -> str:
    if not _PATH.fullmatch(path):
        _refuse("the path is not ASCII", "percent-encode it")
    return path.rstrip("/")


def _refuse(message: str, hint: str = "") -> NoReturn:
    raise PairValueInvalid(f"pair 'endpoint': {message}", pair="endpoint", hint=hint) from None
