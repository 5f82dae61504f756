"""A dictionary as the oracle: whatever is done to a store, it holds what the dictionary holds."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from typing import Any, ClassVar

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    rule,
)

from storewright.storage import (
    ListMode,
    Object,
    ObjectExists,
    ObjectMode,
    ObjectNotExist,
    Part,
    SizeMismatch,
    StorageError,
)

__all__ = ["StoreMachine"]

# Names of directories and of objects differ, except where a rule makes them meet on purpose.
DIRS = st.lists(st.sampled_from(["d", "e", "ä ö"]), max_size=3).map("/".join)
NAMES = st.sampled_from(["x", "y", "x.sql", "10%", "a\\b", "~"])
CONTENTS = st.binary(max_size=300) | st.integers(0, 70_000).map(bytes)


def join(folder: str, name: str) -> str:
    """The path of a name in a directory."""
    return f"{folder}/{name}" if folder else name


PATHS = st.builds(join, DIRS, NAMES)


def parents(path: str) -> Iterator[str]:
    """The directories above a path."""
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path


class StoreMachine(RuleBasedStateMachine):
    """Does things to a store and to a dictionary. Subclasses open the store."""

    keeps_dirs: ClassVar[bool]
    """Whether a directory stays when its last object has gone."""

    uploads: Bundle[tuple[Any, dict[int, tuple[Part, bytes]]]] = Bundle("uploads")
    appends: Bundle[Object] = Bundle("appends")

    def open(self) -> Any:
        """An empty store that has all the interfaces used here."""
        raise NotImplementedError

    @initialize()
    def begin(self) -> None:
        """Start with nothing."""
        self.store = self.open()
        self.model: dict[str, bytes] = {}
        self.created: set[str] = set()

    def put(self, path: str, content: bytes) -> None:
        """The model's write."""
        self.model[path] = content
        if self.keeps_dirs:
            self.created.update(parents(path))

    @property
    def dirs(self) -> set[str]:
        """The directories that there are."""
        implied = {folder for path in [*self.model, *self.created] for folder in parents(path)}
        return implied | self.created

    # ------------------------------------------------------------------------------- objects

    @rule(path=PATHS, content=CONTENTS, as_file=st.booleans())
    def write(self, path: str, content: bytes, as_file: bool) -> None:
        assert self.store.write(path, io.BytesIO(content) if as_file else content) == len(content)
        self.put(path, content)

    @rule(path=PATHS, content=CONTENTS, size=st.integers(0, 400), as_file=st.booleans())
    def write_size(self, path: str, content: bytes, size: int, as_file: bool) -> None:
        data = io.BytesIO(content) if as_file else content
        if size > len(content):
            with pytest.raises(SizeMismatch):
                self.store.write(path, data, size=size)
        else:
            assert self.store.write(path, data, size=size) == size
            self.put(path, content[:size])

    @rule(path=PATHS, content=CONTENTS)
    def write_if_not_exists(self, path: str, content: bytes) -> None:
        if path in self.model:
            with pytest.raises(ObjectExists):
                self.store.write(path, content, if_not_exists=True)
        else:
            self.store.write(path, content, if_not_exists=True)
            self.put(path, content)

    @rule(path=PATHS, content=CONTENTS, publish=st.booleans())
    def write_by_writer(self, path: str, content: bytes, publish: bool) -> None:
        with contextlib.suppress(KeyError), self.store.open_writer(path) as writer:
            for start in range(0, len(content), 100):
                writer.write(content[start : start + 100])
            if not publish:
                raise KeyError
        if publish:
            self.put(path, content)

    @rule(path=PATHS, offset=st.none() | st.integers(0, 400), size=st.none() | st.integers(0, 400))
    def read(self, path: str, offset: int | None, size: int | None) -> None:
        if path not in self.model:
            with pytest.raises(ObjectNotExist):
                self.store.read_bytes(path, offset=offset, size=size)
            return
        start = offset or 0
        end = None if size is None else start + size
        wanted = self.model[path][start:end]
        target = io.BytesIO()
        assert self.store.read(path, target, offset=offset, size=size) == len(wanted)
        assert target.getvalue() == self.store.read_bytes(path, offset=offset, size=size) == wanted

    @rule(path=PATHS)
    def stat(self, path: str) -> None:
        if path in self.model:
            found = self.store.stat(path)
            assert (found.path, found.content_length) == (path, len(self.model[path]))
            assert found.mode & ObjectMode.READ
        else:
            with pytest.raises(ObjectNotExist):
                self.store.stat(path)

    @rule(path=PATHS)
    def delete(self, path: str) -> None:
        self.store.delete(path)
        self.model.pop(path, None)

    @rule(paths=st.lists(PATHS, max_size=5))
    def delete_batch(self, paths: list[str]) -> None:
        assert self.store.delete_batch(paths) == len(paths)
        for path in paths:
            self.model.pop(path, None)

    @rule(src=PATHS, dst=PATHS)
    def copy(self, src: str, dst: str) -> None:
        if src in self.model:
            self.store.copy(src, dst)
            self.put(dst, self.model[src])
        else:
            with pytest.raises(ObjectNotExist):
                self.store.copy(src, dst)

    @rule(src=PATHS, dst=PATHS)
    def move(self, src: str, dst: str) -> None:
        if src in self.model:
            self.store.move(src, dst)
            self.put(dst, self.model.pop(src))
        else:
            with pytest.raises(ObjectNotExist):
                self.store.move(src, dst)

    @rule(path=PATHS, below=NAMES, content=CONTENTS)
    def write_below_an_object(self, path: str, below: str, content: bytes) -> None:
        if path in self.model:
            with pytest.raises(StorageError):
                self.store.write(f"{path}/{below}", content)

    @rule(content=CONTENTS, data=st.data())
    def write_onto_a_directory(self, content: bytes, data: st.DataObject) -> None:
        folders = sorted(self.dirs)
        if folders:
            with pytest.raises(StorageError):
                self.store.write(data.draw(st.sampled_from(folders)), content)

    # --------------------------------------------------------------------------- directories

    @rule(folder=DIRS.filter(bool))
    def create_dir(self, folder: str) -> None:
        self.store.create_dir(folder)
        self.created.add(folder)
        if self.keeps_dirs:
            self.created.update(parents(folder))

    @rule(folder=DIRS.filter(bool))
    def delete_dir(self, folder: str) -> None:
        full = any(path.startswith(f"{folder}/") for path in [*self.model, *self.created])
        with contextlib.suppress(StorageError) if full else contextlib.nullcontext():
            self.store.delete(folder, object_mode=ObjectMode.DIR)
        if not full or not self.keeps_dirs:
            self.created.discard(folder)

    # ------------------------------------------------------------------------------- uploads

    @rule(target=appends, path=PATHS)
    def create_append(self, path: str) -> Object:
        made: Object = self.store.create_append(path)
        self.put(path, b"")
        return made

    @rule(made=appends, content=CONTENTS)
    def write_append(self, made: Object, content: bytes) -> None:
        if made.path in self.model:
            assert self.store.write_append(made, content) == len(content)
            self.put(made.path, self.model[made.path] + content)
        else:
            with pytest.raises(ObjectNotExist):
                self.store.write_append(made, content)

    @rule(target=uploads, path=NAMES)
    def create_multipart(self, path: str) -> tuple[Object, dict[int, tuple[Part, bytes]]]:
        return self.store.create_multipart(path), {}

    @rule(upload=uploads, index=st.integers(0, 4), content=st.binary(max_size=100))
    def write_multipart(
        self, upload: tuple[Object, dict[int, tuple[Part, bytes]]], index: int, content: bytes
    ) -> None:
        made, parts = upload
        parts[index] = self.store.write_multipart(made, content, index), content
        assert list(self.store.list_multipart(made)) == [parts[n][0] for n in sorted(parts)]

    @rule(upload=consumes(uploads), publish=st.booleans())
    def end_multipart(
        self, upload: tuple[Object, dict[int, tuple[Part, bytes]]], publish: bool
    ) -> None:
        made, parts = upload
        if publish and parts:
            self.store.complete_multipart(made, [parts[n][0] for n in sorted(parts)])
            self.put(made.path, b"".join(parts[n][1] for n in sorted(parts)))
        else:
            self.store.delete(made.path, multipart_id=made.multipart_id)

    # ------------------------------------------------------------------------------ listings

    @rule(prefix=st.sampled_from(["", "d", "d/", "d/e/", "x", "ä ö/", "nothing"]))
    def list_prefix(self, prefix: str) -> None:
        items = list(self.store.list(prefix, list_mode=ListMode.PREFIX))
        found = [item.path for item in items if not item.mode & ObjectMode.DIR]
        assert sorted(found) == sorted(path for path in self.model if path.startswith(prefix))

    @rule(folder=DIRS)
    def list_dir(self, folder: str) -> None:
        items = list(self.store.list(folder, list_mode=ListMode.DIR))
        found = {(item.path, bool(item.mode & ObjectMode.DIR)) for item in items}
        assert len(found) == len(items)
        objects = {(path, False) for path in self.model if path.rpartition("/")[0] == folder}
        folders = {(path, True) for path in self.dirs if path.rpartition("/")[0] == folder}
        assert found == objects | folders

    @rule(taken=st.integers(0, 6), limit=st.none() | st.integers(0, 6))
    def list_from_a_token(self, taken: int, limit: int | None) -> None:
        whole = [item.path for item in self.store.list(list_mode=ListMode.PREFIX)]
        items = self.store.list(list_mode=ListMode.PREFIX, limit=taken)
        first = [item.path for item in items]
        assert first == whole[:taken]
        token = items.continuation_token
        if token is None:
            assert first == whole
            return
        rest = self.store.list(list_mode=ListMode.PREFIX, continuation_token=token, limit=limit)
        end = None if limit is None else len(first) + limit
        assert first + [item.path for item in rest] == whole[:end]

    @invariant()
    def everything_is_there(self) -> None:
        if not hasattr(self, "store"):
            return
        items = self.store.list(list_mode=ListMode.PREFIX)
        found = {i.path: i.content_length for i in items if not i.mode & ObjectMode.DIR}
        lengths = {path: len(content) for path, content in self.model.items()}
        assert found.keys() == lengths.keys()
        assert all(length in {None, lengths[path]} for path, length in found.items())

    def teardown(self) -> None:
        if not hasattr(self, "store"):
            return
        for path, content in self.model.items():
            assert self.store.read_bytes(path) == content
