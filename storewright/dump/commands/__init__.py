"""The commands of this package, as click commands that any group can mount."""

from storewright.dump.commands.clean import clean_command
from storewright.dump.commands.dump import dump_command
from storewright.dump.commands.mydumper import mydumper_command
from storewright.dump.commands.restore import restore_command
from storewright.dump.commands.verify import verify_command

__all__ = ["clean_command", "dump_command", "mydumper_command", "restore_command", "verify_command"]
