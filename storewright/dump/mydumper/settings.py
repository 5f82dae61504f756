"""What a user can choose about a run of mydumper, checked when it is built."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, TypeAlias

from storewright.dump.errors import OptionInvalid

__all__ = ["MEBIBYTE", "ModeName", "Settings"]

ModeName: TypeAlias = Literal["auto", "stream", "watch"]
MEBIBYTE: Final = 1024 * 1024

# What this program says itself, or what would hide from it what it must see.
_RESERVED: Final = {
    ("-o", "--outputdir"): "the folder has an option of its own, --outputdir",
    ("-F", "--chunk-filesize"): "the size of files has an option of its own, --chunk-size",
    ("-t", "--threads"): "threads have an option of their own, --threads",
    ("-p", "--password"): "every user of this machine could read it: use PASSWORD",
    ("-a", "--ask-password"): "nobody could answer",
    ("-L", "--logfile"): "its log lines must come here",
    ("-v", "--verbose"): "its log lines must come here",
    ("-D", "--daemon"): "it would go on after its end",
    ("--stream",): "choose --mode stream",
    ("--defaults-file", "--defaults-extra-file"): "the password is in one already",
    ("--exec", "--exec-per-thread"): "files would be deleted before they are stored",
}
_NO_LOCKS: Final = frozenset({"-k", "--no-locks"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything about a run but its destination."""

    host: str = "localhost"
    port: int = 3306
    user: str = "root"
    password: str = field(default="", repr=False)
    output: Path = Path("output")
    """The folder on disk; mydumper writes to a folder in it."""
    chunk_size: int = 1
    """MiB after which mydumper begins another file."""
    disk_limit: int = 10 * MEBIBYTE
    """Bytes that the folder may take on disk."""
    threads: int | None = None
    """Threads of mydumper; None: as many as the limit allows, up to four."""
    uploads: int = 4
    """Files that are uploaded at the same time."""
    retries: int = 7
    """How often an upload that failed is tried again, each time after a longer wait."""
    mode: ModeName = "auto"
    stall_timeout: float = 600.0
    """Seconds without a new byte after which a running mydumper is given up."""
    timeout: float | None = None
    """Seconds after which the whole run is given up."""
    program: str = "mydumper"
    arguments: Sequence[str] = ()
    """More arguments of mydumper's own."""
    part_size: int | None = None
    """Bytes of one part of an upload; None leaves it to the storage."""
    overwrite: bool = False
    """Whether an earlier dump at the destination is deleted first."""

    def __post_init__(self) -> None:
        for name in ("port", "chunk_size", "disk_limit", "uploads"):
            if getattr(self, name) < 1:
                raise OptionInvalid(f"{name} must be at least 1, not {getattr(self, name)}")
        if self.threads is not None and self.threads < 1:
            raise OptionInvalid(f"threads must be at least 1, not {self.threads}")
        for argument in self.arguments:
            _check_argument(argument)

    @property
    def locks(self) -> bool:
        """Whether mydumper will hold a global lock while it begins."""
        return not _NO_LOCKS & set(self.arguments)


def _check_argument(argument: str) -> None:
    for options, why in _RESERVED.items():
        for option in options:
            if _is_option(argument, option):
                raise OptionInvalid(f"mydumper cannot be given {option} here: {why}")


def _is_option(argument: str, option: str) -> bool:
    if option.startswith("--"):
        return argument == option or argument.startswith(f"{option}=")
    return argument.startswith(option) and not argument.startswith("--")
