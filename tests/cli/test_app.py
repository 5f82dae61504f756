"""The program as a whole: what it lists, imports and refuses before any command runs."""

import subprocess
import sys

import pytest

from storewright.cli.app import app
from tests.cli.support import Ok, OneLine, Run

COMMANDS = [
    "caps",
    "cat",
    "clean",
    "completion",
    "cp",
    "dump",
    "ls",
    "mpu",
    "mydumper",
    "put",
    "restore",
    "rm",
    "services",
    "stat",
    "verify",
]


def test_help_lists_every_command(ok: Ok) -> None:
    text = ok("--help")
    listed = text.partition("Commands:\n")[2].partition("\n\n")[0].splitlines()
    assert [line.split()[0] for line in listed] == COMMANDS


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(ok: Ok, name: str) -> None:
    assert ok(name, "--help").startswith(f"Usage: storewright {name}")


def test_version(ok: Ok) -> None:
    assert ok("--version").startswith("storewright ")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["lss"], "no such command 'lss' (did you mean 'ls'?)"),
        (["frobnicate"], "no such command 'frobnicate' (see storewright --help)"),
        (["--jsn", "ls"], "No such option '--jsn'"),
        (["ls", "--recursve"], "ls: No such option '--recursve'"),
        (["cp", "a"], "cp: Missing argument"),
        (["--json", "cat", "x"], "cat: there is no JSON output of this command"),
        (["--json", "completion", "bash"], "--json before 'completion' means nothing there"),
        (["--enable", "x", "services"], "the options before 'services' mean nothing there"),
        (["-o", "x=y", "dump", "sqlite:///x", "y"], "the options before 'dump' mean nothing there"),
        (["ls", "-p", "=x"], "an option needs a name"),
        (["ls", "-p", "up.x=y"], "'up' is neither src nor dst"),
        (["ls", "-o", "credential@/no/such/file"], "cannot read '/no/such/file'"),
        (["ls", "--limit", "many"], "expected a size such as"),
        (["ls", "-r", "-d"], "ls: --recursive lists no directories"),
        (["mpu", "abort", "."], "mpu abort: say which uploads"),
        (["mpu", "abort", ".", "--older-than", "soon"], "expected a duration such as"),
        (["put", "a", "b", "c"], "put: expected FILE URI"),
        (["put", "x"], "put: expected FILE URI"),
        (["put", "--exec", "true", "a", "b"], "put: expected FILE URI"),
        (["put", "-", "x/"], "needs one"),
        (["cp", "a", "b", "c"], "cp: several sources need a directory: write c/"),
        (["cp", "-", "-"], "can only be copied alone"),
        (["cp", "-r", "a", "-"], "from one directory to another"),
        (["cp", "--json", "a", "-"], "mixed with the data"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(
    run: Run, one_line: OneLine, args: list[str], message: str
) -> None:
    result = run(*args)
    assert message in one_line(result.stderr)
    assert (result.exit_code, result.stdout) == (2, "")


def imported(*args: str) -> set[str]:
    """What a command imports, in a fresh interpreter."""
    program = (
        "import sys\nfrom storewright.cli.app import app\n"
        "try: app.main(sys.argv[1:])\nexcept SystemExit: pass\n"
        "print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *args],
        env={"PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stderr.split())


def test_a_command_imports_no_other_and_no_sdk() -> None:
    modules = imported("ls", "/")
    assert "storewright.cli.commands.ls" in modules
    assert not {"storewright.cli.commands.cp", "storewright.dump", "rich", "boto3"} & modules


def test_garbage_is_looked_for_rarely_and_not_in_the_end() -> None:
    program = (
        "import atexit, gc, sys\nfrom storewright.cli import main\n"
        "atexit.register(lambda: print(gc.get_threshold()[0], gc.get_freeze_count() > 1000))\n"
        "sys.argv[1:] = ['--version']\nmain()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "20000 True"


def test_without_its_packages_it_says_how_to_install_them(one_line: OneLine) -> None:
    program = "import sys; sys.modules['click'] = None; from storewright.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        check=False,
    )
    assert one_line(done.stderr).endswith("run: pip install 'storewright[cli]'")
    assert done.returncode == 1


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_script(ok: Ok, shell: str) -> None:
    script = ok("completion", shell)
    assert "_STOREWRIGHT_COMPLETE" in script
    if shell == "bash":
        subprocess.run(["bash", "-n"], input=script.encode(), check=True)


def test_completion_completes_commands_and_options() -> None:
    def complete(*words: str) -> list[str]:
        done = subprocess.run(
            [sys.executable, "-m", "storewright.cli"],
            env={
                "PYTHONPATH": ":".join(sys.path),
                "_STOREWRIGHT_COMPLETE": "bash_complete",
                "COMP_WORDS": " ".join(["storewright", *words]),
                "COMP_CWORD": str(len(words)),
            },
            capture_output=True,
            text=True,
            check=True,
        )
        return [line.partition(",")[2] for line in done.stdout.splitlines() if line]

    assert complete("c") == ["caps", "cat", "clean", "completion", "cp"]
    assert complete("put", "--part") == ["--part-size"]
    assert complete("cp", "/et") == ["/et"]  # the shell's own business
    assert complete("cp", "s3://b") == []


def test_the_app_is_what_the_package_runs() -> None:
    assert app.name == "storewright"
