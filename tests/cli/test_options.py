"""Options of storages and of operations: who gets them, how they are read, who refuses them."""

import json
from pathlib import Path

import pytest

from storewright import storage
from storewright.cli.places import Place
from storewright.cli.session import GivenPair, Session, Settings, Use
from tests.cli.support import Area, Ok, OneLine, Run

S3 = Place.parse("s3://bucket/a?credential=hmac:k:sesame")
FS = Place.parse("/tmp/x")


def session(settings: Settings, *uses: Use) -> Session:
    return Session(settings, uses)


def test_a_pair_goes_to_every_operation_that_takes_it() -> None:
    settings = Settings(pairs=[GivenPair("", "timeout", "5m"), GivenPair("", "size", "1KiB")])
    (end,) = session(settings, Use(S3, ("stat", "read"))).ends
    assert end.pairs("stat") == (storage.with_timeout(300),)
    assert end.pairs("read") == (storage.with_timeout(300), storage.with_size(1024))
    assert end.pairs("write") == ()


def test_a_pair_for_one_side_goes_there_only() -> None:
    settings = Settings(pairs=[GivenPair("dst", "timeout", "1s")])
    uses = Use(S3, ("read",), "src"), Use(S3, ("open_writer",), "dst", checks=("stat",))
    source, target = session(settings, *uses).ends
    assert source.pairs("read") == ()
    assert target.pairs("open_writer") == target.pairs("stat") == (storage.with_timeout(1),)


def test_what_looks_at_the_result_gets_keys_but_no_conditions() -> None:
    given = [
        GivenPair("", "if_match", "x"),
        GivenPair("", "server_side_encryption_customer_algorithm", "AES256"),
    ]
    use = Use(S3, ("open_writer",), checks=("stat",))
    (end,) = session(Settings(pairs=given), use).ends
    assert [pair.name for pair in end.pairs("stat")] == [
        "server_side_encryption_customer_algorithm"
    ]


@pytest.mark.parametrize(
    ("name", "text", "error", "message"),
    [
        ("storge_class", "X", storage.PairUnsupported, "did you mean 'storage_class'"),
        ("version_id", "X", storage.PairUnsupported, "open_writer: s3: pair 'version_id'"),
        ("encoding", "X", storage.PairUnsupported, "pair 'encoding' is not supported"),
        ("io_callback", "X", storage.PairUnsupported, "pair 'io_callback' is not supported"),
        ("part_size", "much", storage.PairValueInvalid, "expected a size such as"),
        ("part_size", None, storage.PairValueInvalid, "expected a size"),
        ("compression", "rar", storage.PairValueInvalid, "gzip"),
    ],
)
def test_wrong_pairs_are_refused_before_anything_is_opened(
    name: str, text: str | None, error: type[storage.StorageError], message: str
) -> None:
    settings = Settings(pairs=[GivenPair("", name, text)])
    with pytest.raises(error) as caught:
        session(settings, Use(S3, ("open_writer",), "dst", checks=("stat",)))
    assert message in str(caught.value)


def test_an_option_goes_to_those_who_know_it(run: Run, tmp_path: Path) -> None:
    """Fsync is an option of fs, and memory is not told of it."""
    (tmp_path / "x").write_text("x")
    result = run("cp", "-o", "fsync=false", tmp_path / "x", "memory://options/x")
    assert (result.exit_code, result.stderr) == (0, "")


def test_an_option_that_nobody_knows_is_refused(
    run: Run, one_line: OneLine, tmp_path: Path
) -> None:
    result = run("ls", "-o", "fsnc=false", tmp_path)
    assert one_line(result.stderr) == "open: fs: unknown option 'fsnc' (did you mean 'fsync'?)"
    assert result.exit_code == 2


def test_an_option_wins_over_the_address(ok: Ok) -> None:
    address = "s3://bucket?credential=hmac:a:b&enable_virtual_dir=false"
    found = json.loads(ok("caps", "--json", "-o", "enable_virtual_dir=true", address))
    assert found["features"]["virtual_dir"] is True


def test_options_may_stand_before_the_command(ok: Ok) -> None:
    address = "s3://bucket?credential=hmac:a:b"
    found = json.loads(ok("--json", "--enable", "virtual_link", "caps", address))
    assert found["features"]["virtual_link"] is True


def test_a_value_from_a_file(ok: Ok, tmp_path: Path) -> None:
    (tmp_path / "value").write_text("true\n")
    option = f"enable_virtual_dir@{tmp_path}/value"
    found = json.loads(ok("caps", "--json", "-o", option, "s3://bucket?credential=hmac:a:b"))
    assert found["features"]["virtual_dir"] is True


def test_the_environment_is_read(ok: Ok, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STOREWRIGHT_S3_CREDENTIAL", "hmac:a:b")
    assert ok("caps", "s3://bucket").startswith("service: s3\n")


def test_a_feature_that_does_not_exist(run: Run, one_line: OneLine) -> None:
    result = run("caps", "--enable", "virtual_dirs", "s3://bucket?credential=hmac:a:b")
    assert "did you mean 'enable_virtual_dir'" in one_line(result.stderr)
    assert result.exit_code == 2


def test_help_shows_the_pairs_of_the_service_that_is_named(ok: Ok) -> None:
    assert "--storage-class STRING" in ok("put", "-", "s3://bucket/x", "--help")
    neutral = ok("put", "--help")
    assert "--storage-class" not in neutral
    assert "--part-size SIZE" in neutral
    assert "--list-mode" not in ok("ls", "--help")


def test_verbose_shows_each_request_and_no_secret(memory_area: Area, run: Run) -> None:
    memory_area.store.write("x", b"x")
    result = run("stat", "-v", memory_area.uri("x"))
    assert "storewright: memory stat top/x: ok in" in result.stderr


@pytest.mark.parametrize("where", ["address", "option"])
@pytest.mark.parametrize("extra", [[], ["-v"], ["-p", "nonsense=1"], ["-o", "nonsense=1"]])
def test_secrets_are_never_shown(run: Run, where: str, extra: list[str]) -> None:
    secret = "credential=hmac:key:sesame"
    address = "s3://bucket/x?endpoint=http://127.0.0.1:1&max_retries=0"
    args = [f"{address}&{secret}"] if where == "address" else [address, "-o", secret]
    result = run("cat", *args, *extra)
    assert result.exit_code in {1, 2}
    assert "sesame" not in result.output
