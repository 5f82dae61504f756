"""Seed 002's task: delete everything below a path, by callbacks, wherever it is."""

from pathlib import Path

import pytest

from storewright import storage
from storewright.storage import ListMode, Object, ObjectMode, ObjectNotExist, Storager

KEPT = ["jobs.txt", "jobsite/a", "other/a"]
TREE = ["jobs/a", "jobs/b", "jobs/1/a", "jobs/1/2/3/a", "jobs/1/2/b", "jobs/2/a", *KEPT]


def delete_below(store: Storager, path: str) -> None:
    """On a storage of directories: what is in it, then the directory itself."""

    def delete_dir(item: Object) -> None:
        delete_below(store, item.path)

    store.list(path, dir_func=delete_dir, file_func=lambda item: store.delete(item.path))
    store.delete(path, object_mode=ObjectMode.DIR)


def delete_prefix(store: Storager, prefix: str) -> None:
    """On a storage of prefixes: one listing shows all there is."""
    store.list(
        prefix,
        list_mode=ListMode.PREFIX,
        dir_func=lambda item: store.delete(item.path, object_mode=ObjectMode.DIR),
        file_func=lambda item: store.delete(item.path),
    )


@pytest.fixture(params=["fs", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Storager:
    opened = storage.open(f"fs://{tmp_path}" if request.param == "fs" else "memory://")
    for path in TREE:
        opened.write(path, path.encode())
    assert isinstance(opened, storage.Direr)
    opened.create_dir("jobs/empty/deeper")
    return opened


def left(store: Storager) -> list[str]:
    items = store.list(list_mode=ListMode.PREFIX)
    return [item.path for item in items if not item.mode & ObjectMode.DIR]


def test_directory_by_directory(store: Storager) -> None:
    delete_below(store, "jobs")
    assert left(store) == KEPT
    with pytest.raises(ObjectNotExist):
        store.stat("jobs", object_mode=ObjectMode.DIR)
    assert [item.path for item in store.list()] == ["jobs.txt", "jobsite", "other"]


def test_by_prefix(store: Storager) -> None:
    delete_prefix(store, "jobs/")
    assert left(store) == KEPT
    if store.service == "memory":  # where directories are no more than what is in them
        assert [item.path for item in store.list()] == ["jobs.txt", "jobsite", "other"]


def test_nothing_below(store: Storager) -> None:
    delete_below(store, "nowhere")
    delete_prefix(store, "nowhere/")
    assert left(store) == sorted(TREE)
