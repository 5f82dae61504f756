"""Promises of the repository itself: what its documents name exists, and nothing is silenced."""

import re
import subprocess
import tokenize
from pathlib import Path

import pytest

DOCUMENTS = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"]
# Each of them sits on the import of an SDK that has no types. The number only falls.
TYPE_IGNORES = 0
SILENCED = re.compile(r"#\s*(type:\s*ignore|pyright:\s*ignore|mypy:|pyright:)")


def ignores(path: Path) -> list[str]:
    """The lines of `path` that silence a type checker, with where they are."""
    with path.open("rb") as source:
        return [
            f"{path}:{token.start[0]}: {token.line.strip()}"
            for token in tokenize.tokenize(source.readline)
            if token.type == tokenize.COMMENT and SILENCED.match(token.string)
        ]


def python_files(repository: Path) -> list[Path]:
    folders = ["storewright", "codegen", "generated", "services", "tests", "examples", "benchmarks"]
    return [path for folder in folders for path in (repository / folder).rglob("*.py")]


def git(repository: Path, *arguments: str) -> str:
    return subprocess.run(
        ["git", "-C", str(repository), *arguments], check=True, capture_output=True, text=True
    ).stdout


def test_type_checkers_are_silenced_only_at_untyped_sdk_imports(repository: Path) -> None:
    found = [line for path in python_files(repository) for line in ignores(path)]
    elsewhere = [line for line in found if not re.search(r":\d+: (import|from) ", line)]
    assert elsewhere == []
    assert len(found) == TYPE_IGNORES, "\n".join(found)


def test_a_silenced_checker_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "module.py"
    path.write_text('x = 1  # type: ignore[assignment]\ny = "# type: ignore"\n# pyright: basic\n')
    assert [line.partition(": ")[2][:5] for line in ignores(path)] == ["x = 1", "# pyr"]


def test_git_marks_generated_files_and_no_others(
    repository: Path, modules: dict[str, Path]
) -> None:
    paths = [str(path.relative_to(repository)) for path in modules.values()]
    answer = git(repository, "check-attr", "linguist-generated", "--", *paths)
    for line in answer.splitlines():
        path, _, value = line.split(": ")
        assert value == ("true" if path.startswith("generated/") else "unspecified"), line


@pytest.mark.parametrize("folder", ["generated", "docs/reference"])
def test_generated_folders_are_marked_whatever_is_in_them(repository: Path, folder: str) -> None:
    answer = git(repository, "check-attr", "linguist-generated", "--", f"{folder}/any/new.json")
    assert answer.endswith(": true\n")


def test_readme_names_the_two_commands(repository: Path) -> None:
    readme = (repository / "README.md").read_text()
    assert "make demo" in readme
    assert "make test" in readme


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_lead_somewhere(repository: Path, document: str) -> None:
    links = re.findall(r"\]\(([^)#]+)", (repository / document).read_text())
    local = [link for link in links if not re.match(r"[a-z]+:", link)]
    assert [link for link in local if not (repository / link).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_make_targets_exist(repository: Path, document: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (repository / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"`make ([a-z-]+)", (repository / document).read_text()))
    assert named <= targets
