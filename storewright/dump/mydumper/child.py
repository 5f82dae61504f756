"""The mydumper process: its group, its log lines, its end."""

from typing import IO

__all__ = ["Child"]


class Child:
    """A running mydumper, the leader of a session of its own, that never outlives this process."""

    @property
    def stdout(self) -> IO[bytes]:
        """Its standard output, where that is the dump itself."""
        raise NotImplementedError

    @property
    def ended(self) -> bool:
        """Whether it has ended, well or not; `finish` says which."""
        raise NotImplementedError

    def check(self) -> None:
        """Raise SourceFailed if it has ended badly, or was to be given up."""
        raise NotImplementedError

    def finish(self) -> None:
        """Wait for the end. Raises SourceFailed unless it was a good one."""
        raise NotImplementedError

    def written(self, size: int) -> None:
        """Tell that so many bytes were seen to be written: it does not hang."""
        raise NotImplementedError
