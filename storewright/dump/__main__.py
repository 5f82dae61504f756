"""`python -m storewright.dump`: the commands without the rest of the command line."""

import click

from storewright.dump.commands.clean import clean_command
from storewright.dump.commands.dump import dump_command
from storewright.dump.commands.mydumper import mydumper_command
from storewright.dump.commands.restore import restore_command
from storewright.dump.commands.verify import verify_command


@click.group()
def main() -> None:
    """Dump a database to any storage, restore and verify it."""


for command in (clean_command, dump_command, mydumper_command, restore_command, verify_command):
    main.add_command(command)

if __name__ == "__main__":
    main(prog_name="python -m storewright.dump")
