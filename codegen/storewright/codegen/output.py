"""Writing rendered trees, and comparing them with what is on disk: whole trees, both ways."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Drift", "compare", "write_tree"]

_IGNORED = frozenset({"__pycache__"})


@dataclass(frozen=True, slots=True, order=True)
class Drift:
    """One difference between a rendered tree and the folder."""

    path: str
    kind: str
    """``missing``, ``orphan`` (nothing generates it) or ``stale`` (its content differs)."""

    def __str__(self) -> str:
        return f"{self.path}: {self.kind}"


def compare(rendered: Mapping[str, str], folder: Path) -> list[Drift]:
    """Every difference; empty when the folder is exactly what was rendered."""
    present = {path.relative_to(folder).as_posix(): path for path in _files(folder)}
    missing = [Drift(path, "missing") for path in rendered if path not in present]
    orphans = [Drift(path, "orphan") for path in present if path not in rendered]
    stale = [
        Drift(path, "stale")
        for path, text in rendered.items()
        if path in present and present[path].read_bytes() != text.encode()
    ]
    return sorted([*missing, *orphans, *stale])


def write_tree(rendered: Mapping[str, str], folder: Path) -> list[Drift]:
    """Make the folder exactly what was rendered; returns what had to change."""
    changes = compare(rendered, folder)
    for change in changes:
        path = folder / change.path
        if change.kind == "orphan":
            path.unlink()
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(rendered[change.path].encode())
    _drop_empty_folders(folder)
    return changes


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return [p for p in folder.rglob("*") if p.is_file() and not _IGNORED.intersection(p.parts)]


def _drop_empty_folders(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir() and path.name not in _IGNORED and not _files(path):
            for leftover in path.rglob("*"):
                if leftover.is_file():
                    leftover.unlink()
            for leftover in sorted(path.rglob("*"), reverse=True):
                leftover.rmdir()
            path.rmdir()
