"""`storewright completion`."""

import click
from click.shell_completion import get_completion_class

from storewright.cli.app import COMPLETE_VARIABLE, PROGRAM

__all__ = ["completion"]


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print a script that makes your shell complete commands and options.

    For bash: `eval "$(storewright completion bash)"` in ~/.bashrc; likewise for zsh in ~/.zshrc.
    For fish: `storewright completion fish > ~/.config/fish/completions/storewright.fish`.
    """
    kind = get_completion_class(shell)
    if kind is None:
        ctx.fail(f"there is no completion for {shell}")
    click.echo(kind(ctx.find_root().command, {}, PROGRAM, COMPLETE_VARIABLE).source())
