"""Proof that content is what its writer meant: the Content-MD5 that is given with it."""

from __future__ import annotations

import binascii
from typing import TYPE_CHECKING, final

from storewright.core.encoders import encode_base64
from storewright.core.errors import IntegrityFailed, PairValueInvalid

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["Md5Check", "check_md5"]


@final
class Md5Check:
    """Holds content that arrives in chunks against the base64 of an MD5 digest (RFC 1864).

    Raises PairValueInvalid if ``expected`` is not such a digest.
    """

    __slots__ = ("_digest", "expected")

    def __init__(self, expected: str) -> None:
        self.expected = _checked(expected)
        import hashlib  # loads OpenSSL

        self._digest = hashlib.md5(usedforsecurity=False)

    def update(self, chunk: Buffer) -> None:
        """Take the next chunk."""
        self._digest.update(chunk)

    def finish(self) -> None:
        """Raise IntegrityFailed unless everything taken has the digest that was announced."""
        actual = encode_base64(self._digest.digest())
        if actual != self.expected:
            message = f"content_md5 is {self.expected}, but the content has {actual}"
            raise IntegrityFailed(message)


def check_md5(content: Buffer, expected: str) -> None:
    """Raise IntegrityFailed unless ``content`` has the MD5 digest ``expected`` (base64)."""
    check = Md5Check(expected)
    check.update(content)
    check.finish()


def _checked(text: str) -> str:
    try:
        valid = len(binascii.a2b_base64(text, strict_mode=True)) == 16
    except (binascii.Error, ValueError):
        valid = False
    if not valid:
        message = "content_md5 must be the base64 of a 128-bit MD5 digest"
        raise PairValueInvalid(message, pair="content_md5")
    return text
