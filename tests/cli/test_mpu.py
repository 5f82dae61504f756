"""`mpu`: uploads that nobody completed are found, and aborted when they are old enough."""

import json
import time

import pytest

from storewright import storage
from tests.cli.support import Area, Ok, OneLine, Run


@pytest.fixture
def uploads(area: Area) -> tuple[Area, dict[str, str]]:
    """Three unfinished uploads, and their ids."""
    store = area.store
    if not isinstance(store, storage.Multiparter):
        pytest.fail(f"{area.kind} has multipart uploads")
    ids: dict[str, str] = {}
    for path in ("d/one", "d/two", "other"):
        upload = store.create_multipart(path)
        store.write_multipart(upload, b"part", 0)
        ids[path] = upload.multipart_id or ""
    return area, ids


def test_ls_shows_id_and_key(uploads: tuple[Area, dict[str, str]], ok: Ok) -> None:
    area, ids = uploads
    lines = [line.split(maxsplit=2) for line in ok("mpu", "ls", area.uri("d")).splitlines()]
    assert {key.rpartition("/")[2]: id_ for _, id_, key in lines} == {
        "one": ids["d/one"],
        "two": ids["d/two"],
    }
    assert len(ok("mpu", "ls", area.uri()).splitlines()) == 3
    assert len(ok("mpu", "ls", area.uri("d/one")).splitlines()) == 1


def test_ls_json_tells_when_it_was_begun(uploads: tuple[Area, dict[str, str]], ok: Ok) -> None:
    area, _ = uploads
    for line in ok("mpu", "ls", "--json", area.uri()).splitlines():
        assert json.loads(line)["last_modified"].endswith("Z")


def test_abort_only_what_is_old(uploads: tuple[Area, dict[str, str]], ok: Ok) -> None:
    area, _ = uploads
    ok("mpu", "abort", "--older-than", "1h", area.uri())
    assert len(area.uploads()) == 3
    time.sleep(1.1)
    ok("mpu", "abort", "--older-than", "1s", area.uri("d"))
    assert area.uploads() == ["other"]


def test_abort_everything_below(uploads: tuple[Area, dict[str, str]], ok: Ok) -> None:
    area, _ = uploads
    told = ok("mpu", "abort", "--older-than", "0", "--dry-run", area.uri())
    assert len(told.splitlines()) == len(area.uploads()) == 3
    ok("mpu", "abort", "--older-than", "0", area.uri())
    assert area.uploads() == []


def test_abort_one_by_its_id(uploads: tuple[Area, dict[str, str]], ok: Ok) -> None:
    area, ids = uploads
    told = json.loads(ok("mpu", "abort", "--json", "--id", ids["d/two"], area.uri()))
    assert (told["multipart_id"], told["aborted"]) == (ids["d/two"], True)
    assert sorted(area.uploads()) == ["d/one", "other"]


def test_abort_of_an_unknown_id(
    uploads: tuple[Area, dict[str, str]],
    run: Run,
    one_line: OneLine,
) -> None:
    area, _ = uploads
    result = run("mpu", "abort", "--id", "no-such-id", area.uri())
    assert "no unfinished upload" in one_line(result.stderr)
    assert result.exit_code == 1
    assert len(area.uploads()) == 3
