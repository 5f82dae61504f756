"""Warnings that are seen each time, for what must never go by in silence."""

import warnings
from types import FrameType

__all__ = ["warn_each_time"]


def warn_each_time(message: str, stacklevel: int = 1) -> None:
    """Show a RuntimeWarning as ``warnings.warn`` does, but not only the first time.

    By default Python shows the same text from the same line once in a process; the second loss of
    one path would go unseen. Filters still have the last word: ``ignore`` silences it, ``error``
    raises it.
    """
    frame = _own_frame()
    for _ in range(stacklevel):
        frame = frame and frame.f_back
    if frame is None:  # a destructor, or the end of the interpreter: nobody has called
        file, line, module = "sys", 1, "sys"
    else:
        file, line = frame.f_code.co_filename, frame.f_lineno
        module = frame.f_globals.get("__name__", "")
    warnings.warn_explicit(message, RuntimeWarning, file, line, module, registry={})


def _own_frame() -> FrameType | None:
    """The frame of the caller; `inspect` has a function for it, and costs 8 ms to import."""
    try:
        raise LookupError
    except LookupError as error:
        return None if error.__traceback__ is None else error.__traceback__.tb_frame.f_back
