"""The library's log, ``storewright``; ``logging`` is imported by the first who writes to it."""

__all__ = ["warn"]


def warn(message: str, *args: object) -> None:
    """Log a warning; ``args`` are filled into ``message`` as ``logging`` does."""
    import logging

    logging.getLogger("storewright").warning(message, *args, stacklevel=2)
