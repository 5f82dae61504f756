"""From any exception to one line on standard error and an exit code."""

import os
import sys
import traceback
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from typing import Final, TypeVar

import click

from storewright import storage

__all__ = ["ONE_ITEM", "Failed", "Reported", "each", "flush_or_silence", "report", "suggestion"]

FAILED: Final = 1
USAGE: Final = 2
BROKEN_PIPE: Final = 141

# The user's words were wrong, not the world.
_USAGE_ERRORS: Final = (
    storage.PairError,
    storage.ConnectionStringInvalid,
    storage.ServiceNotRegistered,
    storage.PathInvalid,
    storage.ListModeInvalid,
)


# A failure of one object, which says nothing about the next.
ONE_ITEM: Final = (
    storage.BatchFailed,
    storage.ObjectNotExist,
    storage.ObjectExists,
    storage.ObjectModeInvalid,
    storage.PermissionDenied,
    storage.ConditionFailed,
    storage.IntegrityFailed,
    storage.SizeMismatch,
    storage.RestrictionDissatisfied,
    storage.PathInvalid,
)

T = TypeVar("T")


class Failed(Exception):
    """Something that is no error of a storage went wrong: ``what: where (how to fix)``."""


class Reported(Exception):
    """Every failure has been reported already; only the exit code is left to be given."""

    def __init__(self, exit_code: int) -> None:
        super().__init__(exit_code)
        self.exit_code = exit_code


def each(items: Iterable[T], action: Callable[[T], object]) -> None:
    """Do ``action`` for every item, and go on after a failure, which is reported at once.

    Raises Reported at the end if anything failed. A failure that the next item would meet as well
    (no space, no access, an interruption) passes through and ends it.
    """
    code = 0
    for item in items:
        try:
            action(item)
        except ONE_ITEM as error:
            code = report(error)
    if code:
        raise Reported(code)


def report(error: BaseException) -> int:
    """Print one line about ``error`` on standard error, if there is anything to say.

    Returns the exit code. With STOREWRIGHT_DEBUG=1 the traceback is printed before.
    """
    if os.environ.get("STOREWRIGHT_DEBUG") == "1" and not isinstance(error, click.exceptions.Exit):
        traceback.print_exception(error)
    line, code = _explain(error)
    if line:
        click.echo(f"storewright: {_one_line(line)}", err=True)
    return code


def _explain(error: BaseException) -> tuple[str, int]:  # noqa: PLR0911 - a table
    match error:
        case click.exceptions.Exit():
            return "", error.exit_code
        case storage.Signalled():
            return "interrupted", 128 + error.number
        case SystemExit():
            return "", error.code if isinstance(error.code, int) else FAILED
        case Reported():
            return "", error.exit_code
        case KeyboardInterrupt() | click.Abort():
            return "interrupted", 130
        case click.ClickException():
            return _explain_click(error)
        case storage.StorageError():
            return str(error), USAGE if isinstance(error, _USAGE_ERRORS) else FAILED
        case BrokenPipeError():
            return "", BROKEN_PIPE
        case OSError():
            return _explain_os(error), FAILED
        case _:
            return _explain_other(error), FAILED


def _explain_click(error: click.ClickException) -> tuple[str, int]:
    context = error.ctx if isinstance(error, click.UsageError) else None
    if context is None:
        return error.format_message(), error.exit_code
    command = context.command_path.partition(" ")[2]
    where = f"{command}: " if command else ""
    message = error.format_message().rstrip(".")
    hint = "" if message.endswith(")") else f" (see {context.command_path} --help)"
    return f"{where}{message}{hint}", error.exit_code


def _explain_os(error: OSError) -> str:
    """An error of the operating system itself, for example of standard output."""
    where = f"{error.filename}: " if error.filename else ""
    return where + (error.strerror or str(error))


def _explain_other(error: BaseException) -> str:
    """Our own exceptions speak for themselves; any other is a defect."""
    if type(error).__module__.partition(".")[0] == "storewright":
        return str(error)
    hint = "this is a defect; STOREWRIGHT_DEBUG=1 shows where"
    return f"internal error: {type(error).__name__}: {error} ({hint})"


def _one_line(text: str) -> str:
    """``text`` in one line, fit for a terminal."""
    text = " ".join(text.split())
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def suggestion(name: str, candidates: Iterable[str]) -> str:
    """`` (did you mean 'x'?)`` for the candidate closest to ``name``, or an empty string."""
    close = get_close_matches(name, sorted(candidates), n=1, cutoff=0.7)
    return f" (did you mean {close[0]!r}?)" if close else ""


def flush_or_silence() -> None:
    """Write out what standard output still holds, or drop it where nobody takes it.

    Otherwise the interpreter would try again at its end, and complain.
    """
    try:
        sys.stdout.flush()
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
