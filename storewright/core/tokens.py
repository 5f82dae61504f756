"""Continuation tokens: a service's markers as one text, and their way back."""

import json
from collections.abc import Sequence
from typing import NoReturn

from storewright.core.errors import PairValueInvalid

__all__ = ["read_number", "read_token", "write_token"]


def write_token(*texts: str) -> str:
    """Several markers as one token, without ambiguity."""
    return json.dumps(texts, separators=(",", ":"))


def read_token(token: str, count: int) -> Sequence[str]:
    """The ``count`` markers in a token; raises PairValueInvalid for one that is not ours."""
    try:
        texts = [*map(_text, json.loads(token))]
    except (TypeError, ValueError):
        _refuse()
    if len(texts) != count:
        _refuse()
    return texts


def read_number(token: str) -> int:
    """The marker of a service that counts; raises PairValueInvalid for one that is no number."""
    if not token.isdecimal():
        _refuse()
    return int(token)


def _refuse() -> NoReturn:
    """Raise PairValueInvalid: the token is none that this listing gave."""
    message = "pair 'continuation_token': this listing gave no such token"
    raise PairValueInvalid(message, pair="continuation_token")


def _text(item: object) -> str:
    if not isinstance(item, str):
        raise TypeError
    return item
