"""`make new-service NAME=x`: a service over a dictionary, complete and tested, to grow from."""

import keyword
import re
from pathlib import Path
from typing import Final

from storewright.codegen.imports import sort_imports
from storewright.codegen.render import environment, format_python

__all__ = ["ScaffoldError", "scaffold"]

_NAME: Final = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


class ScaffoldError(Exception):
    """The name cannot be used; nothing was written."""


def scaffold(name: str, root: Path) -> list[Path]:
    """Write spec, adapter and test of a new service; returns what was written.

    Raises ScaffoldError for a name that cannot be a Python package, or that is taken.
    """
    if not _NAME.fullmatch(name) or keyword.iskeyword(name):
        message = f"NAME={name}: must be snake_case: lower-case letters, digits and single _"
        raise ScaffoldError(message)
    taken = root / "specs" / "services" / name
    if taken.exists():
        message = f"NAME={name}: {taken} exists already; choose another name"
        raise ScaffoldError(message)
    files = _render(name)
    for path, text in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return [Path(path) for path in files]


def _render(name: str) -> dict[str, str]:
    prefix = "".join(word.capitalize() for word in name.split("_"))
    adapter = f"services/storewright/services/{name}"
    places = {
        "service.toml": f"specs/services/{name}/service.toml",
        "__init__.py": f"{adapter}/__init__.py",
        "client.py": f"{adapter}/client.py",
        "errors.py": f"{adapter}/errors.py",
        "storage.py": f"{adapter}/storage.py",
        "README.md": f"{adapter}/README.md",
        "test.py": f"tests/conformance/test_{name}.py",
    }
    return {place: _text(template, name, prefix) for template, place in places.items()}


def _text(template: str, name: str, prefix: str) -> str:
    source = environment().get_template(f"scaffold/{template}.j2")
    text = source.render(name=name, prefix=prefix)
    return format_python(sort_imports(text)) if template.endswith(".py") else text
