"""Errors of dump, restore and verify: each is one clear line for the user."""

__all__ = [
    "DumpDamaged",
    "DumpError",
    "DumpRefused",
    "ManifestMissing",
    "OptionInvalid",
    "SourceFailed",
    "SourceLost",
    "Stopped",
    "TargetFailed",
]


class DumpError(Exception):
    """Base of the errors below; ``str(error)`` is one line that says what to do or look at."""

    def __str__(self) -> str:
        return " ".join(super().__str__().split())


class OptionInvalid(DumpError, ValueError):
    """An option, or the address of a database, is malformed."""


class SourceFailed(DumpError):
    """The database to dump cannot be read."""


class SourceLost(SourceFailed):
    """The connection to the database is gone, and what it was reading can be read again."""


class TargetFailed(DumpError):
    """The database to restore into cannot be written."""


class DumpRefused(DumpError):
    """Something is there already and was not to be overwritten."""


class ManifestMissing(DumpError):
    """There is no manifest, so there is no complete dump."""


class DumpDamaged(DumpError):
    """A file of the dump is missing, or is not what the manifest says."""


class Stopped(Exception):
    """The work was called off by another thread, which has the real reason."""
