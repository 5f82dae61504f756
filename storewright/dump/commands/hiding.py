"""Secrets on a command line, which other users of the machine can see."""

import sys
from typing import Final

import click

from storewright.storage import redact

__all__ = ["hide_secrets"]

_MASK: Final = "***"


def hide_secrets(password: str = "") -> None:
    """Take what is secret in the arguments out of what others see of this process.

    These are a `password` of this value, and what addresses and options show to be one: also an
    option's value that is an argument of its own.
    """
    shown = [redact(arg.replace(password, _MASK) if password else arg) for arg in sys.argv]
    for place, option in enumerate(sys.argv[:-1]):
        if _is_secret(option):
            shown[place + 1] = _MASK
    if shown == sys.argv:
        return
    try:
        import setproctitle
    except ImportError:
        click.echo("a secret can be seen in the list of processes: use MYSQL_PWD", err=True)
        return
    setproctitle.setproctitle(" ".join([sys.executable, *shown]))


def _is_secret(option: str) -> bool:
    """Whether this is the name of an option, alone, whose value is a secret."""
    return option.startswith("--") and "=" not in option and redact(f"{option}=x") != f"{option}=x"
