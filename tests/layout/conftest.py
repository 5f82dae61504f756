"""What the layout tests look at: the source roots, and the modules found by walking them."""

from pathlib import Path

import pytest

from tests.roots import REPOSITORY, ROOTS


@pytest.fixture(scope="session")
def repository() -> Path:
    return REPOSITORY


@pytest.fixture(scope="session")
def roots() -> list[Path]:
    """The source roots; inside each, the path is the import path."""
    return ROOTS


@pytest.fixture(scope="session")
def modules(roots: list[Path]) -> dict[str, Path]:
    """Every module of ours: import name to file."""
    return {
        _import_name(path.relative_to(root)): path
        for root in roots
        for path in sorted((root / "storewright").rglob("*.py"))
    }


def _import_name(path: Path) -> str:
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")
