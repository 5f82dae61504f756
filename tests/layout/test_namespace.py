"""`storewright` is one PEP 420 namespace over four source roots."""

from pathlib import Path


def test_no_root_makes_the_namespace_a_package(roots: list[Path]) -> None:
    # One stray file here hides the other three roots, and mypy does not notice.
    assert [root for root in roots if (root / "storewright" / "__init__.py").exists()] == []
    assert [root for root in roots if (root / "__init__.py").exists()] == []


def test_every_folder_of_modules_is_a_typed_package(modules: dict[str, Path]) -> None:
    folders = {path.parent for path in modules.values()}
    assert [folder for folder in folders if not (folder / "__init__.py").exists()] == []
    packages = {path.parent for name, path in modules.items() if name.count(".") == 1}
    assert [package for package in packages if not (package / "py.typed").exists()] == []


def test_no_module_is_in_two_roots(modules: dict[str, Path], roots: list[Path]) -> None:
    files = [path for root in roots for path in (root / "storewright").rglob("*.py")]
    assert len(files) == len(modules) > 0
