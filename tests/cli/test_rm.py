"""`rm`: what it deletes, what it refuses, and that a dry run deletes nothing."""

import json
from pathlib import Path

import pytest

from storewright import storage
from storewright.cli.commands import rm as rm_module
from storewright.services.s3 import S3Storage
from tests.cli.support import Area, Ok, OneLine, Run


@pytest.fixture
def filled(area: Area) -> Area:
    for path in ("a", "ab/c", "d/1", "d/2", "d/e/3", "d/e/f/4"):
        area.store.write(path, b"x")
    return area


def test_one_object(filled: Area, ok: Ok) -> None:
    assert ok("rm", filled.uri("d/1"), filled.uri("a")) == ""
    assert filled.paths() == ["ab/c", "d/2", "d/e/3", "d/e/f/4"]


def test_recursive_deletes_below_and_nothing_beside(filled: Area, ok: Ok) -> None:
    ok("rm", "-r", filled.uri("a"))
    ok("rm", "-r", filled.uri("d/e"))
    assert filled.paths() == ["ab/c", "d/1", "d/2"]


def test_recursive_in_small_batches(filled: Area, ok: Ok, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rm_module, "_BATCH", 2)
    for n in range(7):
        filled.store.write(f"many/{n}", b"x")
    ok("rm", "-r", filled.uri("many"))
    ok("rm", "-r", filled.uri("d/"))
    assert filled.paths() == ["a", "ab/c"]


def test_recursive_leaves_no_directory(tmp_path: Path, ok: Ok) -> None:
    (tmp_path / "d/e/f").mkdir(parents=True)
    (tmp_path / "d/e/x").write_text("x")
    (tmp_path / "d/outside").symlink_to(tmp_path / "kept")
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept/x").write_text("x")
    ok("rm", "-r", tmp_path / "d")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["kept"]
    assert (tmp_path / "kept/x").exists()


@pytest.mark.server
@pytest.mark.parametrize("slash", ["", "/"])
def test_recursive_leaves_no_mark_of_a_directory(s3_area: Area, run: Run, slash: str) -> None:
    address = f"s3://{s3_area.store.metadata().name}/top{s3_area.options}&enable_virtual_dir=true"
    store = storage.open(address, type=S3Storage)
    assert isinstance(store, storage.Direr)
    for path in ("d", "d/e", "d/e/f", "empty", "kept"):
        store.create_dir(path)
    store.write("d/e/x", b"x")
    options = f"{s3_area.options}&enable_virtual_dir=true"
    for path in ("d", "empty"):
        result = run("rm", "-r", f"{s3_area.prefix}{path}{slash}{options}")
        assert (result.exit_code, result.stderr) == (0, "")
    assert s3_area.paths() == ["kept/"]
    assert run("rm", "-r", f"{s3_area.prefix}none{slash}{options}").exit_code == 1


def test_dry_run_tells_and_deletes_nothing(filled: Area, ok: Ok) -> None:
    before = filled.paths()
    told = ok("rm", "-r", "--dry-run", filled.uri("d")).splitlines()
    assert all(line.startswith("would delete ") for line in told)
    assert {"1", "2", "3", "4"} <= {line.rpartition("/")[2] for line in told}
    assert ok("rm", "--dry-run", filled.uri("a")).count("\n") == 1
    assert filled.paths() == before


def test_json(filled: Area, ok: Ok) -> None:
    told = json.loads(ok("rm", "--json", filled.uri("a")))
    assert (told["uri"][-1], told["deleted"]) == ("a", True)


def test_what_is_not_there(filled: Area, run: Run, one_line: OneLine, ok: Ok) -> None:
    for args in (["rm", filled.uri("none")], ["rm", "-r", filled.uri("none")]):
        result = run(*args)
        assert "none" in one_line(result.stderr)
        assert result.exit_code == 1
        assert ok(*args, "--force") == ""


def test_a_directory_needs_recursive(tmp_path: Path, run: Run, one_line: OneLine) -> None:
    (tmp_path / "d").mkdir()
    result = run("rm", tmp_path / "d")
    assert one_line(result.stderr).endswith("is a directory (delete it with --recursive)")
    assert (tmp_path / "d").exists()


@pytest.mark.parametrize("uri", ["memory://x", "/", "s3://bucket?credential=hmac:a:b"])
def test_a_whole_storage_needs_force(run: Run, one_line: OneLine, uri: str) -> None:
    result = run("rm", "-r", uri)
    assert "add --force" in one_line(result.stderr)
    assert result.exit_code == 1


def test_a_whole_storage_with_force(memory_area: Area, ok: Ok) -> None:
    memory_area.store.write("d/x", b"x")
    ok("rm", "-r", "--force", memory_area.prefix.removesuffix("top/"))
    assert memory_area.paths() == []
