"""Removing secrets from text that is about to be shown or logged."""

import re
from functools import cache
from typing import Final

__all__ = ["MASK", "redact", "secret_name"]

MASK: Final = "***"

# How the names of secrets end. Bounded, so that no text makes the search slow.
_NAME: Final = r"""
    [\w.%-]{0,60}? (?: signature | signatureprovided | credential | token | secret | password
    | passwd | passphrase | accesskeyid | accesskey | secretkey | [_-]key | \bsig | \bq-ak )
"""

# Each alternative keeps its group and masks what follows it.
_SECRETS: Final = rf"""
      (?P<userinfo> :// )  # ends at a slash, unless what follows the colon cannot be a port
      (?: [^\s/?\#:@\[]* : (?!\d+[/?\#\s]) [^\s'"<>]* | [^\s/?\#]* ) (?=@)
    | (?P<header> \b (?: authorization | x-[\w-]{{0,60}}-(?:key|token) ) ['"]? \s* : \s* ['"]? )
      [^\n'"]+
    | (?P<quoted> ['"] {_NAME} ['"] \s* : \s* ['"] ) [^'"]+
    | (?P<element> < {_NAME} > ) [^<]+
    | (?P<option> \b {_NAME} = ['"]? ) [^&\s"'<>]+
    | (?P<credential> \b (?: hmac | sts | basic | apikey | base64 ) : ) (?=[^\s:/]) [^&\s"'<>]+
    | (?P<bearer> \b bearer \s+ ) [\w.~+/=-]+
    """


@cache
def _secrets() -> re.Pattern[str]:
    """Compiled for the first error: that takes longer than importing the module."""
    return re.compile(_SECRETS, re.VERBOSE | re.IGNORECASE)


def redact(text: str) -> str:
    """``text`` with signatures, credentials, passwords and keys replaced by ``***``.

    Knows query options (``X-Amz-Signature=``, ``sig=``, ``credential=``, ``..._key=``,
    ``..._token=``), user information in URLs, authorization headers and credential strings.
    """
    return _secrets().sub(_masked, text)


def _masked(match: re.Match[str]) -> str:
    kept = match[match.lastgroup] if match.lastgroup else ""
    return kept + MASK


_SECRET_NAMES: Final = (
    "credential",
    "_key",
    "password",
    "passphrase",
    "secret",
    "token",
    "signature",
)


def secret_name(name: str) -> bool:
    """Whether an option of this name holds a secret, for names that no spec describes."""
    return name.lower().endswith(_SECRET_NAMES)
