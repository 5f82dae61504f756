"""The group of all commands. Each is imported only when it is called."""

import os
import signal
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any, Final, NamedTuple, NoReturn

import click
from click.shell_completion import shell_complete
from typing_extensions import override

from storewright import storage
from storewright.cli.command import StoreCommand, shared_options
from storewright.cli.failures import flush_or_silence, report, suggestion
from storewright.cli.session import Settings

__all__ = ["app"]

PROGRAM: Final = "storewright"
COMPLETE_VARIABLE: Final = "_STOREWRIGHT_COMPLETE"
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class _Lazy(NamedTuple):
    """Where a command is, and what the list of commands says of it."""

    module: str
    name: str
    help: str


_OURS: Final = "storewright.cli.commands."
_DUMP: Final = "storewright.dump.commands."
_COMMANDS: Final = {
    "caps": _Lazy(_OURS + "caps", "caps", "Tell what a storage can do."),
    "cat": _Lazy(_OURS + "cat", "cat", "Write objects to standard output."),
    "clean": _Lazy(_DUMP + "clean", "clean_command", "Delete what failed dumps have left."),
    "completion": _Lazy(_OURS + "completion", "completion", "Print a script for your shell."),
    "cp": _Lazy(_OURS + "cp", "cp", "Copy objects between any two places."),
    "dump": _Lazy(_DUMP + "dump", "dump_command", "Dump a database to a storage."),
    "ls": _Lazy(_OURS + "ls", "ls", "List objects."),
    "mpu": _Lazy(_OURS + "mpu", "mpu", "List, resume and abort unfinished uploads."),
    "mydumper": _Lazy(
        _DUMP + "mydumper", "mydumper_command", "Run mydumper on a disk smaller than its dump."
    ),
    "put": _Lazy(_OURS + "put", "put", "Write a file, standard input or a command's output."),
    "restore": _Lazy(_DUMP + "restore", "restore_command", "Restore a database from a dump."),
    "rm": _Lazy(_OURS + "rm", "rm", "Delete objects."),
    "services": _Lazy(_OURS + "services", "services", "List the services that can be used."),
    "stat": _Lazy(_OURS + "stat", "stat", "Show what is known about objects."),
    "verify": _Lazy(_DUMP + "verify", "verify_command", "Compare a dump with its manifest."),
}


class _App(click.Group):
    """Commands that are imported when they are called, and failures in one line."""

    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        lazy = _COMMANDS[cmd_name]
        command: click.Command = getattr(import_module(lazy.module), lazy.name)
        return command

    @override
    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in _COMMANDS and not name.startswith("-"):
            ctx.fail(f"no such command {name!r}{suggestion(name, _COMMANDS)}")
        found = super().resolve_command(ctx, args)
        if found[1] is not None:
            _refuse_misplaced(ctx, found[1])
        return found

    @override
    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, lazy.help) for name, lazy in _COMMANDS.items()])

    @override
    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> NoReturn:
        """Run, and exit: every failure is one line on standard error and an exit code."""
        if instruction := os.environ.get(COMPLETE_VARIABLE):
            sys.exit(shell_complete(self, extra, PROGRAM, COMPLETE_VARIABLE, instruction))
        sys.exit(self._run(sys.argv[1:] if args is None else list(args), extra))

    def _run(self, args: list[str], extra: dict[str, Any]) -> int:
        try:
            with (
                storage.abort_on_signal(*_SIGNALS),
                self.make_context(PROGRAM, args, **extra) as ctx,
            ):
                self.invoke(ctx)
                sys.stdout.flush()
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is told in one line
            code = report(error)
        else:
            return 0
        flush_or_silence()
        return code


def _refuse_misplaced(ctx: click.Context, command: click.Command) -> None:
    """Refuse options before a command that would not look at them."""
    settings = ctx.ensure_object(Settings)
    if isinstance(command, (StoreCommand, click.Group)):
        return  # they look themselves
    if settings.json and not any(param.name == "json" for param in command.params):
        ctx.fail(f"--json before {command.name!r} means nothing there")
    if settings.options or settings.pairs or settings.verbose or not settings.progress:
        ctx.fail(f"the options before {command.name!r} mean nothing there")


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(PROGRAM)
    except PackageNotFoundError:
        return "unknown (not installed)"


def _show_version(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        click.echo(f"{PROGRAM} {_version()}")
        ctx.exit()


app = _App(
    PROGRAM,
    params=[
        *shared_options(),
        click.Option(
            ["--version"],
            is_flag=True,
            is_eager=True,
            expose_value=False,
            callback=_show_version,
            help="Show the version and exit.",
        ),
    ],
    help="""Work with objects and files in any storage.

    An object is named like s3://bucket/path/key?region=eu-central-1: a connection string whose path
    is the key. Everything without :// is a local path, and - is standard input or output.
    """,
    epilog="""Exit codes: 0 done, 1 failed, 2 wrong usage, 130 Ctrl-C, 141 closed pipe, 143 SIGTERM.
    STOREWRIGHT_<SERVICE>_<OPTION> in the environment sets an option, for example
    STOREWRIGHT_S3_CREDENTIAL.""",
)
