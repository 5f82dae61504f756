"""Secrets on a command line, which other users of the machine can see."""

import sys
from typing import Final

import click

from storewright.storage import redact

__all__ = ["hide_secrets"]

_MASK: Final = "***"


def hide_secrets(password: str = "") -> None:
    """Take what is secret in the arguments out of what others see of this process.

    These are a `password` of this value, and what addresses and options show to be one.
    """
    shown = [redact(arg.replace(password, _MASK) if password else arg) for arg in sys.argv]
    if shown == sys.argv:
        return
    try:
        import setproctitle
    except ImportError:
        click.echo("a secret can be seen in the list of processes: use MYSQL_PWD", err=True)
        return
    setproctitle.setproctitle(" ".join([sys.executable, *shown]))
