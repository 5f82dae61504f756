"""dumpling's way with command lines, for click: what its users have in their scripts goes on."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, TypeVar

import click
from typing_extensions import override

__all__ = ["GoCommand", "switch", "together"]

_Command = TypeVar("_Command", bound=Callable[..., None])

_LONG: Final = re.compile(r"--([a-z0-9.-]+)=(.*)", re.DOTALL)
_SHORT: Final = re.compile(r"-([A-Za-z])=(.*)", re.DOTALL)
_TRUE: Final = frozenset({"1", "t", "true"})
_FALSE: Final = frozenset({"0", "f", "false"})


def switch(name: str, *short: str, help: str, default: bool = False, hidden: bool = False) -> Any:
    """An option that is on or off: ``--name``, ``--name=false``, or the other way round."""
    return click.option(
        f"--{name}/--not-{name}",
        *short,
        default=default,
        show_default=True,
        hidden=hidden,
        help=help,
    )


def together(options: Sequence[Any]) -> Callable[[_Command], _Command]:
    """What gives a command all of these options, which its help shows in this order."""

    def decorate(command: _Command) -> _Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


class GoCommand(click.Command):
    """A command that also takes the forms of programs in Go: ``--views=false``, ``-F=1MiB``."""

    @override
    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Rewrite what click would not understand."""
        return super().parse_args(ctx, list(self._rewritten(args)))

    def _rewritten(self, args: Iterable[str]) -> Iterator[str]:
        switches = self._switches()
        rest = iter(args)
        for arg in rest:
            if arg == "--":
                yield arg
                yield from rest
                return
            yield _rewritten(arg, switches)

    def _switches(self) -> dict[str, str]:
        """The name in full of each option that is on or off."""
        return {
            name.lstrip("-"): max(param.opts, key=len)
            for param in self.params
            if isinstance(param, click.Option) and param.is_flag
            for name in param.opts
        }


def _rewritten(arg: str, switches: dict[str, str]) -> str:
    match = _LONG.fullmatch(arg) or _SHORT.fullmatch(arg)
    if match is None:
        return arg
    name, value = match[1], match[2]
    full = switches.get(name)
    if full is None:
        return arg if arg.startswith("--") else f"-{name}{value}"
    if value.lower() in _TRUE:
        return full
    return f"--not-{full.lstrip('-')}" if value.lower() in _FALSE else arg
