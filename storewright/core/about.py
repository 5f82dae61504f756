"""Which of a call's two paths an error is about."""

from collections.abc import Generator
from contextlib import contextmanager

from storewright.core.errors import StorageError

__all__ = ["about"]


@contextmanager
def about(path: str) -> Generator[None]:
    """Errors raised inside are about ``path``, not about the path that the call names first."""
    try:
        yield
    except StorageError as error:
        error.at(path=path)
        raise
