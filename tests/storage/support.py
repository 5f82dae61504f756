"""What the factory made of the options, for tests to look at."""

from typing import Any

from storewright import storage

__all__ = ["config", "one_line"]


def config(store: storage.Storager | storage.Servicer) -> dict[str, Any]:
    """The options that a store was constructed with, by their proper names."""
    return store._config


def one_line(error: BaseException) -> str:
    """The text of an error, which must be one line fit for a terminal."""
    text = str(error)
    assert text.isprintable(), text
    return text
