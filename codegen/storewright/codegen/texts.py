"""Texts and literals as generated files show them."""

import textwrap
from collections.abc import Mapping
from typing import cast

__all__ = ["doc", "literal"]

_WIDTH = 92


def doc(text: str, indent: int = 0) -> str:
    """``text`` wrapped as the body of a docstring."""
    paragraphs = [" ".join(part.split()) for part in text.split("\n\n")]
    wrapped = (textwrap.fill(part, _WIDTH - indent) for part in paragraphs)
    return textwrap.indent("\n\n".join(wrapped), " " * indent).lstrip()


def literal(value: object) -> str:
    """A Python literal, the same on every run."""
    if isinstance(value, Mapping):
        entries = cast("Mapping[str, object]", value)
        items = ", ".join(f"{key!r}: {literal(entries[key])}" for key in sorted(entries))
        return "{" + items + "}"
    if isinstance(value, tuple):
        return "(" + "".join(f"{literal(i)}, " for i in cast("tuple[object, ...]", value)) + ")"
    return repr(value)
