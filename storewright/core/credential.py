"""Credentials as short strings, ``protocol:field:field``, that never show up anywhere.

.. code-block:: text

    hmac:<access key>:<secret key>              a pair of keys
    sts:<access key>:<secret key>:<token>       temporary keys
    basic:<user>:<password>                     the password may contain colons
    apikey:<key>                                one key or token
    base64:<data>                               a key file, inline
    file:<path>                                 a key file
    env                                         whatever the vendor's library finds by itself
    profile:<name>                              a named section of the vendor's configuration
    anonymous                                   none: public data

Fields are percent-encoded: a secret key with a colon is written with ``%3A``, a percent sign is
``%25``. What ``repr`` and ``str`` show, what errors say and what is pickled has no secret in it.
"""

import binascii
from collections.abc import Iterable
from typing import Any, Final, NoReturn, Self, final

from storewright.core import percent
from storewright.core.errors import CredentialInvalid
from storewright.core.redact import MASK
from storewright.core.suggest import did_you_mean

__all__ = ["Credential"]

_FIELDS: Final[dict[str, tuple[str, ...]]] = {
    "hmac": ("access_key", "secret_key"),
    "sts": ("access_key", "secret_key", "token"),
    "basic": ("user", "password"),
    "apikey": ("api_key",),
    "base64": ("data",),
    "file": ("path",),
    "env": (),
    "profile": ("profile",),
    "anonymous": (),
}
_SECRET: Final = frozenset({"hmac", "sts", "basic", "apikey", "base64"})
# Their last field takes the colons that follow: paths and passwords contain them.
_OPEN_ENDED: Final = frozenset({"basic", "apikey", "base64", "file", "profile"})


@final
class Credential:
    """One credential, immutable. Build it with :meth:`parse`.

    Its fields are attributes: ``access_key``, ``secret_key``, ``token``, ``user``, ``password``,
    ``api_key``, ``data`` (bytes), ``path``, ``profile``. Asking for one that the protocol does not
    have raises CredentialInvalid. Pickling drops secrets: the copy knows its protocol only, and
    using it raises CredentialInvalid. ``env``, ``file:``, ``profile:`` and ``anonymous`` survive.
    """

    __slots__ = ("_fields", "_protocol")

    def __init__(self, protocol: str, *fields: str) -> None:
        names = _FIELDS.get(protocol)
        if names is None:
            guess = did_you_mean(protocol, _FIELDS)
            _fail(f"unknown credential protocol{guess}", f"write one of {_forms(_FIELDS)}")
        if len(fields) != len(names) or not all(fields):
            _fail(f"{protocol}: the form is {_form(protocol)}", _counted(protocol, fields))
        self._protocol = protocol
        self._fields: tuple[str, ...] | None = fields
        if protocol == "base64":
            _decoded(fields[0])

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``protocol:field:field``. Raises CredentialInvalid, which never repeats the text."""
        if not isinstance(text, str):
            _fail(f"expected str, got {type(text).__name__}")
        protocol, _, rest = text.partition(":")
        most = len(_FIELDS.get(protocol, ())) - 1
        pieces = rest.split(":", most if protocol in _OPEN_ENDED else -1) if rest else []
        return cls(protocol, *(_percent_decoded(protocol, piece) for piece in pieces))

    @property
    def protocol(self) -> str:
        """``hmac``, ``env``, ..."""
        return self._protocol

    @property
    def has_secret(self) -> bool:
        """Whether the protocol carries a secret, which pickling drops."""
        return self._protocol in _SECRET

    @property
    def access_key(self) -> str:
        """Of hmac and sts."""
        return self._field("access_key")

    @property
    def secret_key(self) -> str:
        """Of hmac and sts."""
        return self._field("secret_key")

    @property
    def token(self) -> str | None:
        """Session token of sts; None for hmac."""
        return None if self._protocol == "hmac" else self._field("token")

    @property
    def user(self) -> str:
        """Of basic."""
        return self._field("user")

    @property
    def password(self) -> str:
        """Of basic."""
        return self._field("password")

    @property
    def api_key(self) -> str:
        """Of apikey."""
        return self._field("api_key")

    @property
    def data(self) -> bytes:
        """Of base64, decoded."""
        return _decoded(self._field("data"))

    @property
    def path(self) -> str:
        """Of file."""
        return self._field("path")

    @property
    def profile(self) -> str:
        """Of profile."""
        return self._field("profile")

    def require(self, *protocols: str, service: str = "") -> str:
        """The protocol, if it is one of ``protocols``; for adapters.

        Raises CredentialInvalid that names the accepted ones, and for a credential whose secret
        was dropped.
        """
        if self._protocol not in protocols:
            message = f"credential protocol {self._protocol!r} is not accepted"
            _fail(message, f"write {_forms(protocols)}", service)
        self._known(service)
        return self._protocol

    def reveal(self) -> str:
        """The text that :meth:`parse` reads, secrets included: for handing on, not for showing."""
        fields = (percent.encode(field, safe="/+=@") for field in self._known())
        return ":".join((self._protocol, *fields))

    def _field(self, name: str) -> str:
        names = _FIELDS[self._protocol]
        if name not in names:
            having = [_form(protocol) for protocol, fields in _FIELDS.items() if name in fields]
            _fail(f"credential {self._protocol!r} has no {name}", f"write {' or '.join(having)}")
        return self._known()[names.index(name)]

    def _known(self, service: str = "") -> tuple[str, ...]:
        if self._fields is None:
            message = f"the secret of the {self._protocol!r} credential was dropped on pickling"
            hint = "pass credential= again, or use env, file: or profile:"
            _fail(message, hint, service)
        return self._fields

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Credential):
            return NotImplemented
        return (self._protocol, self._fields) == (other._protocol, other._fields)

    def __hash__(self) -> int:
        return hash((self._protocol, self._fields))

    def __str__(self) -> str:
        return f"{self._protocol}:{MASK}" if self.has_secret else self.reveal()

    def __repr__(self) -> str:
        return f"Credential({str(self)!r})"

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return Credential._restored, (self._protocol, None if self.has_secret else self._fields)

    @classmethod
    def _restored(cls, protocol: str, fields: tuple[str, ...] | None) -> Self:
        credential = cls.__new__(cls)
        credential._protocol, credential._fields = protocol, fields  # noqa: SLF001 (our own)
        return credential


def _form(protocol: str) -> str:
    """How a protocol is written: ``hmac:<access key>:<secret key>``."""
    fields = (f"<{name.replace('_', ' ')}>" for name in _FIELDS[protocol])
    return ":".join((protocol, *fields))


def _forms(protocols: Iterable[str]) -> str:
    return ", ".join(_form(protocol) for protocol in protocols)


def _counted(protocol: str, fields: tuple[str, ...]) -> str:
    too_many = len(fields) > len(_FIELDS[protocol]) > 0
    return "write a colon inside a field as %3A" if too_many else ""


def _percent_decoded(protocol: str, text: str) -> str:
    try:
        return percent.decode(text)
    except percent.MalformedPercent as error:
        _fail(f"{protocol}: {error}", "write a percent sign as %25")


def _decoded(text: str) -> bytes:
    try:
        return binascii.a2b_base64(text.encode("ascii"), strict_mode=True)
    except (binascii.Error, UnicodeEncodeError):
        _fail("base64: the data is not standard base64 with padding")


def _fail(message: str, hint: str = "", service: str = "") -> NoReturn:
    raise CredentialInvalid(message, hint=hint, service=service) from None
