"""A pytest plug-in that notes what a conformance run has seen each service do.

``pytest --evidence FOLDER`` writes a file for each service and server: the operations and options
that succeeded in tests that passed, and the deviations. The matrix is generated from the specs and
from these files, so that it shows what was observed and not only what was declared.
"""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Generator
from functools import wraps
from pathlib import Path
from typing import Any, Final, TypeVar

import pytest

from storewright.storage import Servicer, Storager

__all__ = ["observe"]

T = TypeVar("T", bound=Storager | Servicer)
_SEEN: Final = "conformance"
Seen = set[tuple[str, str]]
_seen: Seen = set()
"""What the running test has seen succeed: (operation, option), with "" for the operation itself."""


def observe(store: T) -> T:
    """Note every operation of the store that succeeds, and the options it was given."""
    level = "service." if isinstance(store, Servicer) else ""
    for op in type(store).operations():
        method = getattr(store, f"_{op}", None)
        if method is not None:
            setattr(store, f"_{op}", _noting(level + op, method))
    return store


def _noting(op: str, method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def noted(*arguments: Any) -> Any:
        options = [name for name, _ in arguments[-1].given()]  # an adapter may fill in others
        result = method(*arguments)
        names = {op, op.removesuffix("_bytes")}  # read_bytes takes the options of read
        _seen.update((name, option) for name in names for option in ("", *options))
        return result

    return noted


@pytest.fixture
def proves(record_property: Callable[[str, object], None]) -> Callable[..., None]:
    """Notes that a test outside of the suites proves options of a service.

    Without a ``server``, on captured requests.
    """

    def note(
        service: str,
        operation: str,
        *options: str,
        server: str = "captured requests",
        level: str = "recorded request",
    ) -> None:
        fact = {
            "service": service,
            "server": server,
            "profile": "",
            "level": level,
            "deviation": "",
            "reason": "",
            "seen": [(operation, option) for option in ("", *options)],
        }
        record_property(_SEEN, json.dumps(fact))

    return note


# ---------------------------------------------------------------------------------------- hooks


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --evidence."""
    parser.addoption("--evidence", metavar="FOLDER", help="write what the services were seen to do")


def pytest_runtest_setup() -> None:
    """Forget what an earlier test has seen."""
    _seen.clear()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Attach to a test of a suite what it has seen, so that it reaches the process that reports."""
    report = yield
    suite = getattr(item, "cls", None)
    subject = getattr(suite, "storage", None) or getattr(suite, "servicer", None)
    if call.when == "call" and suite is not None and subject is not None and _is_suite(suite):
        deviations: dict[str, str] = getattr(suite, "deviations", {})
        fact = {
            "service": subject.service,
            "server": suite.server,
            "profile": suite.profile,
            "level": suite.level,
            "deviation": item.name if item.name in deviations else "",
            "reason": deviations.get(item.name, ""),
            "seen": sorted(_seen) if report.passed else [],
        }
        report.user_properties.append((_SEEN, json.dumps(fact)))
    return report


def _is_suite(cls: type) -> bool:
    """Whether a test class is one of the conformance suites."""
    names = {base.__name__ for base in cls.__mro__}
    return bool(names & {"ConformanceSuite", "ServicerSuite"})


class _Collector:
    """Gathers the facts of all tests, from every worker."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.facts: list[dict[str, Any]] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take the facts of one test that passed, or that failed as it was said to."""
        if report.when == "call" and not report.failed:
            self.facts += [json.loads(str(v)) for key, v in report.user_properties if key == _SEEN]

    def pytest_sessionfinish(self) -> None:
        """Write the files, the same on every run that sees the same."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for entry in _summary(self.facts):
            text = json.dumps(entry, indent=2, sort_keys=True) + "\n"
            (self.folder / _file_name(entry)).write_text(text, encoding="utf-8")


def pytest_configure(config: pytest.Config) -> None:
    """Collect in the process that reports, if asked to."""
    folder = config.getoption("--evidence")
    if folder and not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Collector(Path(folder)))


def _summary(facts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One entry for each service and server."""
    groups: dict[tuple[str, str, str, str], list[dict[str, Any]]] = defaultdict(list)
    for fact in facts:
        groups[fact["service"], fact["server"], fact["profile"], fact["level"]].append(fact)
    return [_entry(*key, groups[key]) for key in sorted(groups)]


def _file_name(entry: dict[str, Any]) -> str:
    server = re.sub(r"[^a-z0-9]+", "-", entry["server"].lower())
    return f"{entry['service']}.{server}.json"


def _entry(
    service: str, server: str, profile: str, level: str, facts: list[dict[str, Any]]
) -> dict[str, Any]:
    operations: dict[str, set[str]] = defaultdict(set)
    for fact in facts:
        for op, option in fact["seen"]:
            operations[op].update([option] if option else [])
    return {
        "service": service,
        "server": server,
        **({"profile": profile} if profile else {}),
        "level": level,
        "operations": {op: sorted(options) for op, options in operations.items()},
        "deviations": {fact["deviation"]: fact["reason"] for fact in facts if fact["deviation"]},
    }
