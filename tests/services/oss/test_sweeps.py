"""Many objects in each mode of listing, and 200 MiB in parts by a process that is killed."""

import hashlib
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from storewright.services.oss import OssStorage
from storewright.storage import ListMode, ObjectMode
from tests.guarantees.support import S3Place
from tests.guarantees.test_resume_after_kill import check_resume
from tests.servers.shim_server import OssShim

from .conftest import options_of

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

pytestmark = [pytest.mark.server, pytest.mark.slow]
MANY = 2500


@pytest.fixture
def seen(proves: Callable[..., None]) -> Callable[..., None]:
    """Notes what a sweep has shown of an operation."""
    return partial(proves, "oss", server="OSS shim on SeaweedFS, sweeps", level="emulated")


@pytest.fixture(scope="module")
def filled(oss_shim: OssShim, shared_bucket: str) -> Iterator[tuple[OssStorage, list[str]]]:
    """A store with as many objects, a fifth of them one level down, in fifty directories."""
    place: dict[str, Any] = {"name": shared_bucket, "work_dir": f"/{uuid.uuid4().hex}"}
    paths = [f"{n:04} +&ü" if n % 5 else f"d{n % 250:03}/{n:04}" for n in range(MANY)]
    with OssStorage(**place, **options_of(oss_shim)) as store:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(partial(store.write, data=b"x"), paths))
        yield store, paths


def test_prefix_mode(filled: tuple[OssStorage, list[str]], seen: Callable[..., None]) -> None:
    store, paths = filled
    seen("list", "list_mode")
    found = [item.path for item in store.list(list_mode=ListMode.PREFIX)]
    assert len(found) == MANY
    assert sorted(found) == sorted(paths)


def test_dir_mode(filled: tuple[OssStorage, list[str]], seen: Callable[..., None]) -> None:
    store, paths = filled
    seen("list", "list_mode")
    found = list(store.list(list_mode=ListMode.DIR))
    directories = [item.path for item in found if item.mode & ObjectMode.DIR]
    objects = [item.path for item in found if item.mode & ObjectMode.READ]
    assert sorted(directories) == sorted({path[:4] for path in paths if "/" in path})
    assert sorted(objects) == sorted(path for path in paths if "/" not in path)


def test_from_tokens(filled: tuple[OssStorage, list[str]], seen: Callable[..., None]) -> None:
    store, paths = filled
    seen("list", "list_mode", "limit", "continuation_token")
    found: list[str] = []
    token: str | None = None
    while True:
        items = store.list(list_mode=ListMode.PREFIX, limit=700, continuation_token=token)
        found += [item.path for item in items]
        token = items.continuation_token
        if token is None:
            break
    assert sorted(found) == sorted(paths)


def test_part_mode(store: OssStorage, seen: Callable[..., None]) -> None:
    seen("list", "list_mode")
    seen("create_multipart")
    with ThreadPoolExecutor(8) as pool:
        paths = [f"u/{n % 2000:04}" for n in range(MANY)]
        made = list(pool.map(store.create_multipart, paths))
    found = list(store.list(list_mode=ListMode.PART))
    assert len(found) == MANY
    assert {(item.path, item.multipart_id) for item in found} == {
        (item.path, item.multipart_id) for item in made
    }


def test_200_mib_resumed_after_kill(
    oss_shim: OssShim,
    shared_bucket: str,
    s3_client: "S3Client",
    tmp_path: Path,
    seen: Callable[..., None],
) -> None:
    seen("open_writer", "part_size", "resume")
    prefix = uuid.uuid4().hex
    connection = oss_shim.connection(shared_bucket, prefix)
    place = S3Place(connection, shared_bucket, f"{prefix}/", s3_client, kind="oss")
    check_resume(place, tmp_path, 200 * 1024 * 1024, 8 * 1024 * 1024)


def test_a_copy_of_parts(store: OssStorage, seen: Callable[..., None]) -> None:
    seen("write", "user_metadata", "tagging")
    seen("copy")
    content = hashlib.shake_256(b"seed").digest(11 * 1024 * 1024)
    store.write("source", content, user_metadata={"a": "1"}, tagging={"t": "2"})
    store._limits = replace(store._limits, copy_size_maximum=6 * 1024 * 1024)
    store.copy("source", "target")
    assert store.read_bytes("target") == content
    assert store.stat("target").user_metadata == {"a": "1"}
    assert list(store.list(list_mode=ListMode.PART)) == []
