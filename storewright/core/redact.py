"""Removing secrets from text that is about to be shown or logged."""

import re
from typing import Final

__all__ = ["MASK", "redact", "secret_name"]

MASK: Final = "***"

# Each pattern keeps its first group and masks what follows it.
_SECRETS: Final = re.compile(
    r"""
      (?P<userinfo> :// ) [^\s/?\#]* (?=@)
    | (?P<header> \b(?: authorization | x-[\w-]*-(?:key|token) ) ['"]? \s* : \s* ['"]? ) [^\n'"]+
    | (?P<field>
        (?: ['"] [\w-]* (?:accesskeyid|secret|secretaccesskey|securitytoken|signatureprovided)
            ['"] \s* : \s* ['"]
          | < [\w-]* (?:accesskeyid|secretaccesskey|securitytoken|sessiontoken|signatureprovided)
            > ) )
      [^'"<]+
    | (?P<option>
        \b [\w.%-]* (?: signature | credential | token | secret | password | passwd | passphrase
            | accesskeyid | access_key | [_-]key | \bsig | \bq-ak ) = ['"]? )
      [^&\s"'<>]+
    | (?P<scheme> \b (?: hmac | sts | basic | apikey | base64 ) : ) (?=[^\s:/]) [^&\s"'<>]+
    | (?P<bearer> \b bearer \s+ ) [\w.~+/=-]+
    """,
    re.VERBOSE | re.IGNORECASE,
)


def redact(text: str) -> str:
    """``text`` with signatures, credentials, passwords and keys replaced by ``***``.

    Knows query options (``X-Amz-Signature=``, ``sig=``, ``credential=``, ``..._key=``,
    ``..._token=``), user information in URLs, authorization headers and credential strings.
    """
    return _SECRETS.sub(_masked, text)


def _masked(match: re.Match[str]) -> str:
    kept = match[match.lastgroup] if match.lastgroup else ""
    return kept + MASK


def secret_name(name: str) -> bool:
    """Whether an option of this name holds a secret, for names that no spec describes."""
    return name.lower().endswith(_SECRET_NAMES)


_SECRET_NAMES: Final = (
    "credential",
    "_key",
    "password",
    "passphrase",
    "secret",
    "token",
    "signature",
)
