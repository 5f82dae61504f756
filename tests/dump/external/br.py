"""What a tool written against BR's storage has before it moves: a local folder, as BR's is."""

import io
import os
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, BinaryIO, Self
from urllib.parse import urlsplit

__all__ = ["open_external"]


class _Writer:
    """Writes beside the file, which is there at the end."""

    def __init__(self, path: Path) -> None:
        self._path, self._other = path, path.with_name(f"{path.name}.tmp")
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self._other.open("wb")

    def write(self, data: bytes) -> int:
        return self._file.write(data)

    def close(self) -> None:
        self._file.close()
        self._other.rename(self._path)

    def abort(self) -> None:
        self._file.close()
        self._other.unlink()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Local:
    """BR's local storage."""

    def __init__(self, base: Path) -> None:
        self._base = base
        base.mkdir(parents=True, exist_ok=True)

    def check(self) -> None:
        assert self._base.is_dir()

    def write_file(self, name: str, data: bytes) -> None:
        path = self._base / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def read_file(self, name: str) -> bytes:
        return (self._base / name).read_bytes()

    def file_exists(self, name: str) -> bool:
        return (self._base / name).exists()

    def file_size(self, name: str) -> int:
        return (self._base / name).stat().st_size

    def delete_file(self, name: str) -> None:
        (self._base / name).unlink(missing_ok=True)

    def delete_files(self, names: Iterable[str]) -> None:
        for name in names:
            self.delete_file(name)

    def open(self, name: str, *, start: int | None = None, end: int | None = None) -> BinaryIO:
        return io.BytesIO(self.read_file(name)[start:end])

    def create(self, name: str, **_: Any) -> _Writer:
        return _Writer(self._base / name)

    def walk_dir(
        self, visit: Callable[[str, int], object], *, sub_dir: str = "", prefix: str = ""
    ) -> None:
        for folder, _, names in os.walk(self._base / sub_dir):
            for path in (Path(folder, name) for name in names):
                if str(path.relative_to(self._base / sub_dir)).startswith(prefix):
                    visit(str(path.relative_to(self._base)), path.stat().st_size)

    def rename(self, old: str, new: str) -> None:
        shutil.move(self._base / old, self._base / new)

    def uri(self) -> str:
        return f"local://{self._base}"

    def close(self) -> None:
        """Nothing is open."""


def open_external(url: str) -> _Local:
    """The folder that a URL names."""
    return _Local(Path(urlsplit(url).path))
