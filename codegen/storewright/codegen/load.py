"""Reading every spec: files -> the whole model, or all the problems at once."""

from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from storewright.codegen.check import check_service, check_unused
from storewright.codegen.core_spec import load_core
from storewright.codegen.model import Core, Service
from storewright.codegen.problems import Problems
from storewright.codegen.service_spec import ServiceReader
from storewright.codegen.tables import read_toml

__all__ = ["Specs", "core_folder", "load_service", "load_specs"]


@dataclass(frozen=True, slots=True)
class Specs:
    """The core vocabulary and the services that draw on it, sorted by name."""

    core: Core
    services: tuple[Service, ...]


def core_folder() -> Path:
    """Where the core vocabulary is: beside the package when installed, else in the checkout."""
    shipped = Path(str(files("storewright.codegen"))) / "core"
    return shipped if shipped.is_dir() else Path(__file__).parents[3] / "specs" / "core"


def load_specs(folder: Path) -> Specs:
    """Read ``folder/core`` and every ``folder/services/*/service.toml``.

    Raises SpecError with every mistake in any of the files.
    """
    problems = Problems()
    core = load_core(folder / "core", problems)
    paths = sorted((folder / "services").glob("*/service.toml"))
    read = [_read(p, f"specs/services/{p.parent.name}/service.toml", core, problems) for p in paths]
    services = [service for service in read if service is not None]
    _check_names(services, problems)
    if not problems.found:
        check_unused(core, services, problems)
    problems.raise_if_any()
    return Specs(core, tuple(sorted(services, key=lambda service: service.name)))


def load_service(path: Path) -> Specs:
    """Read one service.toml from anywhere, against the core vocabulary.

    Raises SpecError with every mistake in it.
    """
    problems = Problems()
    core = load_core(core_folder(), problems)
    service = _read(path, path.name, core, problems, folder="")
    problems.raise_if_any()
    return Specs(core, (service,) if service else ())


def _read(
    path: Path, shown: str, core: Core, problems: Problems, folder: str | None = None
) -> Service | None:
    before = len(problems.found)
    table = read_toml(path, shown, problems)
    if len(problems.found) > before:
        return None
    reader = ServiceReader(table, core, path.parent.name if folder is None else folder)
    service = reader.read()
    check_service(service, problems)
    return service


def _check_names(services: Iterable[Service], problems: Problems) -> None:
    """A profile's name is a connection type too, so it may be used once only."""
    owners: dict[str, str] = {}
    for service in services:
        for name in (service.name, *(profile.name for profile in service.profiles)):
            if name and name in owners:
                message = f"{name!r} is taken by {owners[name]}"
                problems.add(service.spec, "profiles", message)
            owners.setdefault(name, service.name)
