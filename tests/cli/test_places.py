"""How places are written: connection strings whose path is the key, and local paths."""

import os
from pathlib import Path

import pytest

from storewright import storage
from storewright.cli.places import Place, is_stream


@pytest.mark.parametrize(
    ("text", "type_", "name", "path"),
    [
        ("s3://bucket/a/b.sql", "s3", "bucket", "/a/b.sql"),
        ("s3://bucket", "s3", "bucket", "/"),
        ("s3://bucket/", "s3", "bucket", "/"),
        ("s3://bucket//a", "s3", "bucket", "//a"),
        ("s3://bucket/a%3Fb%25", "s3", "bucket", "/a?b%"),
        ("s3://bucket/a b", "s3", "bucket", "/a b"),
        ("fs:///tmp/x", "fs", "", "/tmp/x"),
        ("memory://", "memory", "", "/"),
        ("s3://", "s3", "", "/"),
        ("/tmp/x", "fs", "", "/tmp/x"),
        ("/tmp/x/", "fs", "", "/tmp/x/"),
        ("/tmp/a/../x", "fs", "", "/tmp/x"),
        ("/", "fs", "", "/"),
        ("/tmp/100%?a=b&c#d", "fs", "", "/tmp/100%?a=b&c#d"),
    ],
)
def test_parts_of_a_place(text: str, type_: str, name: str, path: str) -> None:
    place = Place.parse(text)
    assert (place.type, place.name, place.path) == (type_, name, path)


def test_relative_paths_are_local(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert Place.parse("a/b").path == f"{tmp_path}/a/b"
    assert Place.parse(".").path == f"{tmp_path}/"
    assert Place.parse("a/..").path == f"{tmp_path}/"
    assert Place.parse("./s3:x").path == f"{tmp_path}/s3:x"


def test_path_that_is_no_text_is_kept(tmp_path: Path) -> None:
    name = os.fsdecode(b"\xff\xfe")
    assert (
        Place.parse(f"{tmp_path}/{name}").path.encode("utf-8", "surrogateescape")[-2:]
        == b"\xff\xfe"
    )


def test_options_are_kept_and_never_shown() -> None:
    place = Place.parse("s3://bucket/a b?credential=hmac:key:sesame&region=x")
    assert place.options == {"credential": "hmac:key:sesame", "region": "x"}
    assert str(place) == "s3://bucket/a%20b"
    assert "sesame" not in repr(place)
    assert "sesame" not in repr(place.at("/c"))


def test_opened_at_the_root_whatever_the_path() -> None:
    connection = Place.parse("s3://bucket/a/b?region=x").connection({"region": "y"})
    assert str(connection) == "s3://bucket/?region=y"


@pytest.mark.parametrize("text", ["s3:bucket/key", "s3:/bucket/key", "memory:x"])
def test_half_a_uri_is_not_taken_for_a_file(text: str) -> None:
    with pytest.raises(storage.ConnectionStringInvalid, match="'//' is missing"):
        Place.parse(text)


def test_a_file_may_look_like_half_a_uri(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "s3:x").write_text("")
    assert Place.parse("s3:x").path == f"{tmp_path}/s3:x"


@pytest.mark.parametrize("text", ["", "S3://bucket", "://x", "s3://b/%zz"])
def test_malformed_places_are_refused(text: str) -> None:
    with pytest.raises((storage.ConnectionStringInvalid, storage.PathInvalid)):
        Place.parse(text)


def test_streams(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert all(map(is_stream, ("-", str(pipe), os.devnull)))
    assert not any(map(is_stream, ("s3://b/-", "./-", str(tmp_path), str(tmp_path / "none"))))
