"""make new-service."""

from pathlib import Path

__all__ = ["ScaffoldError", "scaffold"]


class ScaffoldError(Exception):
    """The name cannot be used."""


def scaffold(name: str, root: Path) -> list[Path]:
    return []
