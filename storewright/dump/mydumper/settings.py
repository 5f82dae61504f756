"""What a user can choose about a run of mydumper, checked when it is built."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, TypeAlias

from storewright.dump.errors import OptionInvalid

__all__ = ["ModeName", "Settings"]

ModeName: TypeAlias = Literal["auto", "stream", "watch"]
MEBIBYTE: Final = 1024 * 1024


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
    overwrite: bool = False
    """Whether an earlier dump at the destination is deleted first."""

    def __post_init__(self) -> None:
        for name in ("chunk_size", "disk_limit", "uploads"):
            if getattr(self, name) < 1:
                raise OptionInvalid(f"{name} must be at least 1, not {getattr(self, name)}")
