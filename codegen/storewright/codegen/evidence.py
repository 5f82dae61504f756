"""What the last conformance run saw: tests/conformance/evidence/ -> the level of each proof."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

__all__ = ["LEVELS", "Evidence", "load_evidence"]

LEVELS: Final = ("real server", "emulated", "recorded request", "documented")
"""From the strongest proof to none but the vendor's word."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """For each (service, operation, option), the strongest level at which it was seen to work.

    A profile has levels of its own, under ``<service>.<profile>``.
    """

    levels: Mapping[tuple[str, str, str], str]
    runs: tuple[Mapping[str, Any], ...]

    def runs_of(self, service: str, profile: str) -> list[Mapping[str, Any]]:
        """The runs on servers that were reached through a profile."""
        wanted = (service, profile)
        return [run for run in self.runs if (run["service"], run.get("profile")) == wanted]

    def level(self, service: str, operation: str, option: str = "") -> str:
        """How well it is proven; ``documented`` when no test has seen it."""
        return self.levels.get((service, operation, option), LEVELS[-1])


def load_evidence(folder: Path) -> Evidence:
    """Read every file below `folder`; without one, everything is documented only."""
    files = sorted(folder.rglob("*.json"), key=lambda file: file.name)
    runs: list[dict[str, Any]] = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    levels: dict[tuple[str, str, str], str] = {}
    for run in runs:
        for subject in _subjects(run):
            for operation, options in run["operations"].items():
                for option in ("", *options):
                    key = (subject, operation, option)
                    levels[key] = min(run["level"], levels.get(key, LEVELS[-1]), key=LEVELS.index)
    return Evidence(levels, tuple(runs))


def _subjects(run: Mapping[str, Any]) -> list[str]:
    """What a run tells something of: the service, and the profile that it went through."""
    service: str = run["service"]
    return [service, f"{service}.{run['profile']}"] if run.get("profile") else [service]
