"""The commands, as a user at a shell meets them: real processes on the file system."""

import json
import resource
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from storewright.dump.commands.dump import dump_command
from tests.dump.conftest import Build
from tests.dump.support import address, content, environment
from tests.holding import Hold, holding
from tests.processes import PATIENCE

SCRIPT = """
CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT, c BLOB);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < {rows})
  INSERT INTO t SELECT i, 'row ' || i, randomblob(100) FROM n;
"""


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "storewright.dump", *arguments]
    return subprocess.run(
        command, env=environment(), capture_output=True, text=True, check=False, timeout=PATIENCE
    )


def _files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*")) if folder.exists() else []


def test_dump_verify_and_restore(build: Build, tmp_path: Path) -> None:
    source, folder, target = build(SCRIPT.format(rows=1000)), tmp_path / "out", tmp_path / "new.db"
    dumped = _run(
        "dump", address(source), f"fs://{folder}", "--filetype", "csv", "-c", "gzip", "-r", "300"
    )
    assert (dumped.returncode, dumped.stdout.count("\n")) == (0, 1)
    assert "1 tables, 1,000 rows, 7 files" in dumped.stdout
    assert "1,000 of about 1,000 rows" in dumped.stderr
    assert _files(folder) == [
        "app-schema-create.sql.gz",
        "app.t-schema.sql.gz",
        *(f"app.t.{number:09d}.csv.gz" for number in range(4)),
        "manifest.json",
        "metadata",
    ]
    verified = _run("verify", f"fs://{folder}")
    assert (verified.returncode, verified.stdout[:8]) == (0, "verified")
    restored = _run("restore", f"fs://{folder}", address(target), "--json")
    assert restored.returncode == 0
    summary = json.loads(restored.stdout)
    assert (summary["rows"], summary["databases"]) == (1000, {"app": {"t": 1000}})
    assert content(target) == content(source)


def test_metadata_is_dumplings(build: Build, tmp_path: Path) -> None:
    _run("dump", address(build(SCRIPT.format(rows=1))), f"fs://{tmp_path}/out")
    lines = (tmp_path / "out" / "metadata").read_text().splitlines()
    assert [line[:16] for line in lines] == ["Started dump at:", "Finished dump at"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["dump", "sqlite:///missing.db", "fs://{out}"], "no database at missing.db"),
        (["dump", "nowhere://x", "fs://{out}"], "not the address of a database"),
        (["dump", "{source}", "nothing://x"], "nothing"),
        (["dump", "{source}", "fs://{out}?wrong=1"], "wrong"),
        (["dump", "{source}", "fs://{out}", "--storage-option", "x"], "KEY=VALUE"),
        (
            ["dump", "{source}", "fs://{out}", "--filetype", "csv", "--csv-null-value", "1"],
            "csv null value",
        ),
        (
            ["dump", "{source}", "fs://{out}", "--s3.sse", "AES256"],
            "--s3.sse protects data at s3://",
        ),
        (["dump", "{source}", "fs://{source_file}/below"], "parent of the path is a file"),
        (["restore", "fs://{out}", "sqlite:///new.db"], "manifest.json"),
        (["verify", "fs://{out}"], "manifest.json"),
    ],
)
def test_a_mistake_is_one_clear_line(
    build: Build, tmp_path: Path, arguments: list[str], message: str
) -> None:
    source, out = build(SCRIPT.format(rows=10)), tmp_path / "out"
    places = {"source": address(source), "source_file": str(source), "out": str(out)}
    done = _run(*(argument.format(**places) for argument in arguments))
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith(f"{arguments[0]} failed: ")
    assert message in lines[0]
    assert _files(out) == []


@pytest.mark.parametrize(
    "arguments",
    [["--filesize", "big"], ["--rows", "-1"], ["--filetype", "xml"], ["--compress", "lzma"]],
)
def test_a_wrong_option_is_wrong_usage(build: Build, tmp_path: Path, arguments: list[str]) -> None:
    source = address(build(SCRIPT.format(rows=1)))
    result = CliRunner().invoke(dump_command, [source, f"fs://{tmp_path}/out", *arguments])
    assert result.exit_code == 2
    assert arguments[0] in result.output


def test_an_option_for_another_storage_is_told(build: Build, tmp_path: Path) -> None:
    source = address(build(SCRIPT.format(rows=1)))
    done = _run("dump", source, str(tmp_path / "out"), "--s3.secret-access-key", "hidden")
    assert done.returncode == 0
    assert "--s3.secret-access-key changes nothing: it is for s3://" in done.stderr
    assert "hidden" not in done.stderr


def test_secrets_in_the_destination_are_not_shown(build: Build, tmp_path: Path) -> None:
    source = address(build(SCRIPT.format(rows=1)))
    place = "s3://bucket/x?location=a&credential=hmac:me:topsecret&endpoint=http://127.0.0.1:1"
    done = _run("dump", source, place, "--storage-option", "max_retries=0")
    assert done.returncode == 1
    assert "topsecret" not in done.stderr + done.stdout


def _start(hold: Hold, *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, *hold.program("storewright.dump"), *arguments],
        env=environment(),
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def large(build: Build) -> Path:
    """A database of ten files of some megabytes each."""
    return build(SCRIPT.format(rows=200_000))


ROWS = ["-r", "20000"]
MIDDLE = ("os.rename", ".t.0", 4)
"""Some files are there, others are being written."""
LAST = ("os.rename", "manifest.json", 1)
"""All is done, but nobody was told so."""


@pytest.mark.parametrize("moment", [MIDDLE, LAST], ids=["middle", "last"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_interrupted_dump_leaves_nothing(
    large: Path, tmp_path: Path, number: signal.Signals, moment: tuple[str, str, int]
) -> None:
    out = tmp_path / "out"
    command = ("dump", address(large), f"fs://{out}", *ROWS)
    with holding(tmp_path, *moment) as hold, _start(hold, *command) as process:
        hold.await_arrival(process)
        assert _files(out) != []
        process.send_signal(number)
        hold.open()
        errors = process.communicate(timeout=PATIENCE)[1]
    assert process.returncode == 128 + number
    assert errors.splitlines()[-1] == f"dump failed: interrupted by {number.name}"
    assert _files(out) == []


@pytest.mark.parametrize(
    "moment", [("open", ".t.000000009", 1), ("os.link", "new.db", 1)], ids=["middle", "last"]
)
def test_an_interrupted_restore_leaves_nothing(
    large: Path, tmp_path: Path, moment: tuple[str, str, int]
) -> None:
    out, folder = tmp_path / "out", tmp_path / "databases"
    folder.mkdir()
    assert _run("dump", address(large), f"fs://{out}", *ROWS).returncode == 0
    command = ("restore", f"fs://{out}", address(folder / "new.db"))
    with holding(tmp_path, *moment) as hold, _start(hold, *command) as process:
        hold.await_arrival(process)
        assert _files(folder) != []
        process.send_signal(signal.SIGTERM)
        hold.open()
        errors = process.communicate(timeout=PATIENCE)[1]
    assert process.returncode == 143, errors
    assert _files(folder) == []


@pytest.mark.parametrize("moment", [MIDDLE, LAST], ids=["middle", "last"])
def test_a_killed_dump_is_no_dump_and_the_next_one_succeeds(
    large: Path, tmp_path: Path, moment: tuple[str, str, int]
) -> None:
    out, target = tmp_path / "out", tmp_path / "new.db"
    command = ("dump", address(large), f"fs://{out}", *ROWS)
    with holding(tmp_path, *moment) as hold, _start(hold, *command) as process:
        hold.await_arrival(process)
        process.kill()
        assert process.wait(PATIENCE) == -signal.SIGKILL
    assert _files(out) != []
    refused = _run("restore", f"fs://{out}", address(target))
    assert (refused.returncode, target.exists()) == (1, False)
    assert _run(*command).returncode == 0
    assert _run("restore", f"fs://{out}", address(target)).returncode == 0
    with closing(sqlite3.connect(target)) as copy:
        assert copy.execute("SELECT count(*) FROM t").fetchone() == (200_000,)


def test_a_full_disk_is_one_clear_line_and_leaves_nothing(large: Path, tmp_path: Path) -> None:
    """No file may grow beyond 10 MB: what the kernel says then is as final as a full disk."""
    out = tmp_path / "out"
    done = subprocess.run(
        [sys.executable, "-m", "storewright.dump", "dump", address(large), f"fs://{out}"],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (10_000_000, 10_000_000)),
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("dump failed: ")
    assert _files(out) == []
