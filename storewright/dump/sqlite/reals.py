"""REAL values as text that SQLite reads back to the same bits.

SQLite's own conversions between text and binary are not correctly rounded: of random numbers with
17 digits it reads about 1 in 10,000 a bit wrong, and versions differ. So a literal is the shortest
text that *correct* rounding reads back; where SQLite does not, arithmetic on powers of two stands
in its place, which is exact everywhere.
"""

import math
import re
import sqlite3
from typing import Final

__all__ = ["RealReader", "exact_expression", "real_literal"]

_STEP: Final = 60  # 2**60 is the largest such power that is an SQLite integer with room to spare


def real_literal(value: float) -> str:
    """Shortest text that correct rounding reads as ``value``; ``9e999`` is infinity."""
    return repr(value) if math.isfinite(value) else ("9e999" if value > 0 else "-9e999")


def exact_expression(value: float) -> str:
    """An SQL expression that is ``value`` however numbers are read: a product of exact factors."""
    fraction, exponent = math.frexp(value)
    mantissa, exponent = int(fraction * 2**53), exponent - 53
    operator, left = ("/", -exponent) if exponent < 0 else ("*", exponent)
    factors = [2**_STEP] * (left // _STEP) + [2 ** (left % _STEP)]
    return f"({mantissa}*1.0" + "".join(f"{operator}{factor}" for factor in factors) + ")"


class RealReader:
    """Makes statements safe for an SQLite that reads numbers differently from the one that wrote.

    Not thread-safe: each thread has its own.
    """

    _TOKEN: Final = re.compile(
        r"""'[^']*+'|"[^"]*+"|-?[0-9]+(?:\.[0-9]+)?(?:e[-+]?[0-9]+)?""", re.ASCII
    )

    def __init__(self) -> None:
        self._memory = sqlite3.connect(":memory:", check_same_thread=False)

    def correct(self, statement: str) -> str:
        """``statement`` with those literals replaced that this SQLite would read wrong."""
        return self._TOKEN.sub(self._token, statement)

    def close(self) -> None:
        """Give back the connection it tries numbers on."""
        self._memory.close()

    def _token(self, match: re.Match[str]) -> str:
        token = match[0]
        if token[0] in "'\"" or not ("." in token or "e" in token):
            return token
        value = float(token)
        if math.isinf(value) or self._reads(token) == value:
            return token
        return exact_expression(value)

    def _reads(self, token: str) -> float:
        row: tuple[float] = self._memory.execute("SELECT CAST(? AS REAL)", (token,)).fetchone()
        return row[0]
