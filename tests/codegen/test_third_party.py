"""A service in somebody else's repository: generated from there, in a package of their own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.roots import PYTHONPATH

ECHO = Path(__file__).parent / "golden" / "echo" / "service.toml"


def _run(repository: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=repository,
        env={**os.environ, "PYTHONPATH": PYTHONPATH},
        capture_output=True,
        text=True,
        check=False,
    )


def _generate(repository: Path, *more: str) -> subprocess.CompletedProcess[str]:
    out = ("--out", "src/echo_store/generated")
    return _run(repository, "-m", "storewright.codegen", "service.toml", *out, *more)


def test_another_repository_generates_its_own_service(tmp_path: Path) -> None:
    shutil.copy(ECHO, tmp_path / "service.toml")
    assert _generate(tmp_path).returncode == 0
    checked = _generate(tmp_path, "--check")
    assert checked.returncode == 0, checked.stdout

    package = tmp_path / "src" / "echo_store"
    (package / "__init__.py").write_text(
        "from .generated import EchoStorageBase, with_tone\n"
        "class EchoStorage(EchoStorageBase):\n"
        "    def _write(self, path, data, options):\n"
        "        return len(data) * (options.echoes or 1)\n"
    )
    code = (
        "import sys; sys.path.insert(0, 'src')\n"
        "from echo_store import EchoStorage, with_tone\n"
        "print(EchoStorage(name='hall').write('a', b'abc', with_tone('loud'), echoes=2))\n"
    )
    result = _run(tmp_path, "-c", code)
    assert (result.stdout, result.stderr) == ("6\n", "")


def test_a_mistake_there_is_one_clear_line_and_writes_nothing(tmp_path: Path) -> None:
    text = ECHO.read_text(encoding="utf-8").replace('type = "float"', 'type = "flaot"')
    (tmp_path / "service.toml").write_text(text, encoding="utf-8")
    result = _generate(tmp_path)
    assert result.returncode == 2
    expected = "service.toml: pairs.volume.type: unknown type 'flaot' (did you mean 'float'?)"
    assert result.stderr.splitlines()[0] == expected
    assert not (tmp_path / "src").exists()


def test_a_missing_spec_is_one_clear_line(tmp_path: Path) -> None:
    result = _generate(tmp_path)
    assert result.returncode == 2
    assert "service.toml: No such file or directory" in result.stderr
    assert "Traceback" not in result.stderr


def test_drift_there_is_seen(tmp_path: Path) -> None:
    shutil.copy(ECHO, tmp_path / "service.toml")
    assert _generate(tmp_path).returncode == 0
    (tmp_path / "src" / "echo_store" / "generated" / "pairs.py").write_text("touched = True\n")
    result = _generate(tmp_path, "--check")
    assert result.returncode == 1
    assert result.stdout.strip() == "src/echo_store/generated/pairs.py: stale"
