"""Commands on storages: the options they share, and those that the specs of the services give."""

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import click
from typing_extensions import override

from storewright import storage
from storewright.cli.session import GivenPair, Settings, specs

__all__ = ["SpecType", "StoreCommand", "json_option", "shared_options"]

_SERVICE: Final = re.compile(r"([a-z][a-z0-9_-]*)://")
_META: Final = "storewright.cli.pair_options"


class SpecType(click.ParamType[Any]):
    """A value in the grammar of the specs: ``size`` reads 8MiB, ``duration`` 1h30m."""

    def __init__(self, type_: str) -> None:
        self.name = type_

    @override
    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str):
            return value
        name = (param.name if param else None) or self.name
        try:
            return storage.PairSpec(name, self.name).parse(value)
        except storage.PairError as error:
            self.fail(error.message.partition(": ")[2], param, ctx)


class _PairOption(click.Option):
    """An option of the service's operation, made from its spec."""

    def __init__(self, spec: storage.PairSpec) -> None:
        flag = spec.type == "bool"
        super().__init__(
            [f"--{spec.name.replace('_', '-')}", f"pair_{spec.name}"],
            is_flag=flag,
            metavar=None if flag else "|".join(sorted(spec.values)) or spec.type.upper(),
            help=spec.description,
            expose_value=False,
            callback=self._take,
        )
        self._pair = spec.name

    def _take(self, ctx: click.Context, _: click.Parameter, value: Any) -> None:
        if value not in {None, False}:
            text = None if self.is_flag else str(value)
            ctx.ensure_object(Settings).pairs.append(GivenPair("", self._pair, text))


class StoreCommand(click.Command):
    """A command on storages.

    It takes the shared options, and every pair of the operations ``ops`` as an option of its own,
    as the services that the command line names define it; but for those in ``without``, which the
    command decides itself.
    """

    def __init__(
        self,
        *args: Any,
        ops: Sequence[str] = (),
        without: Sequence[str] = (),
        json: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.ops, self.without, self.json = ops, without, json
        self.params += [o for o in shared_options() if json or o.name != "json"]

    @override
    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        settings = ctx.ensure_object(Settings)
        ctx.meta[_META] = list(self._pair_options(ctx, args))
        rest = super().parse_args(ctx, args)
        if settings.json and not self.json:
            ctx.fail("there is no JSON output of this command")
        return rest

    @override
    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        return [*super().get_params(ctx), *ctx.meta.get(_META, ())]

    @override
    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Show the service's options apart from the command's own."""
        pairs = ctx.meta.pop(_META, ())
        super().format_options(ctx, formatter)
        records = [record for option in pairs if (record := option.get_help_record(ctx))]
        if records:
            with formatter.section("Options of the service (name it to see its own)"):
                formatter.write_dl(records)

    def _pair_options(self, ctx: click.Context, args: Sequence[str]) -> Iterator[_PairOption]:
        taken = {option for param in self.params for option in param.opts}
        lenient = ctx.resilient_parsing or not {"--help"}.isdisjoint(args)
        for cls in _classes(args, lenient=lenient):
            for op in self.ops:
                for name, spec in specs(cls, op).items():
                    option = _PairOption(spec)
                    if name not in self.without and taken.isdisjoint(option.opts):
                        taken.update(option.opts)
                        yield option


def _classes(args: Sequence[str], *, lenient: bool) -> Iterator[type[storage.Storager]]:
    """The services that a command line names, fs for local paths among them.

    Raises MissingExtra for one whose SDK is not installed, unless ``lenient``.
    """
    named = [match[1] for arg in args if (match := _SERVICE.match(arg))]
    for service in dict.fromkeys([*named, "fs"]):
        try:
            yield storage.storage_class(service)[0]
        except storage.ServiceNotRegistered:
            continue  # the value of an option, or an error that is told with the whole address
        except storage.MissingExtra:
            if not lenient:
                raise


def shared_options() -> list[click.Option]:
    """New instances of the options that every command on storages takes."""
    return [
        click.Option(
            ["-o", "--option"],
            multiple=True,
            metavar="KEY=VALUE",
            help="Open storages with this option; KEY@FILE reads its value from a file.",
            expose_value=False,
            callback=_take_options,
        ),
        click.Option(
            ["-p", "--pair"],
            multiple=True,
            metavar="[src.|dst.]NAME=VALUE",
            help="Give an option to the operations; NAME@FILE reads its value from a file.",
            expose_value=False,
            callback=_take_pairs,
        ),
        click.Option(
            ["--enable"],
            multiple=True,
            metavar="FEATURE",
            help="Switch a feature on, for example virtual_dir; `caps` lists them.",
            expose_value=False,
            callback=_take_features,
        ),
        _flag("-v", "--verbose", lambda s: setattr(s, "verbose", True), "Show every request."),
        _flag("--no-progress", None, lambda s: setattr(s, "progress", False), "Show no progress."),
        json_option(),
    ]


def json_option() -> click.Option:
    """A new instance of the option for programs that read what is printed."""
    return _flag(
        "--json", None, lambda s: setattr(s, "json", True), "Print JSON, one value a line."
    )


def _flag(
    name: str, other: str | None, switch: Callable[[Settings], None], help: str
) -> click.Option:
    def take(ctx: click.Context, _: click.Parameter, value: bool) -> None:
        if value:
            switch(ctx.ensure_object(Settings))

    names = [name] if other is None else [name, other]
    return click.Option(names, is_flag=True, help=help, expose_value=False, callback=take)


def _take_options(ctx: click.Context, param: click.Parameter, given: Sequence[str]) -> None:
    for text in given:
        key, value = _key_and_value(ctx, param, text)
        ctx.ensure_object(Settings).options[key] = value


def _take_pairs(ctx: click.Context, param: click.Parameter, given: Sequence[str]) -> None:
    for text in given:
        key, value = _key_and_value(ctx, param, text)
        side, dot, name = key.rpartition(".")
        if dot and side not in {"src", "dst"}:
            raise click.BadParameter(f"{side!r} is neither src nor dst", ctx, param)
        ctx.ensure_object(Settings).pairs.append(GivenPair(side, name, value))


def _take_features(ctx: click.Context, _: click.Parameter, given: Sequence[str]) -> None:
    for name in given:
        ctx.ensure_object(Settings).options[f"enable_{name.removeprefix('enable_')}"] = None


def _key_and_value(ctx: click.Context, param: click.Parameter, text: str) -> tuple[str, str | None]:
    """``key=value``, ``key@file`` with the value in a file, or a bare key, which means true."""
    match = re.match(r"([^=@]*)([=@]?)(.*)", text, re.DOTALL)
    key, mark, value = match.groups() if match else (text, "", "")
    if not key:
        raise click.BadParameter("an option needs a name: KEY=VALUE", ctx, param)
    if mark == "@":
        return key, _content(ctx, param, value)
    return key, value if mark else None


def _content(ctx: click.Context, param: click.Parameter, path: str) -> str:
    """The text of a file, without the line end."""
    try:
        return Path(path).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or "it is no text"
        raise click.BadParameter(f"cannot read {path!r}: {reason}", ctx, param) from None
