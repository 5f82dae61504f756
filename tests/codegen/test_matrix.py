"""The matrix says what was declared, how well it is proven, and nothing else."""

import json
from pathlib import Path
from typing import Any

import pytest

from storewright.codegen.docs import render_docs
from storewright.codegen.evidence import LEVELS, Evidence, load_evidence
from storewright.codegen.load import Specs, load_specs

ROOT = Path(__file__).parents[2]
EVIDENCE = ROOT / "tests" / "conformance" / "evidence"


@pytest.fixture(scope="module")
def committed() -> Specs:
    return load_specs(ROOT / "specs")


def _rows(specs: Specs, evidence: Evidence, key: str) -> list[dict[str, Any]]:
    matrix = json.loads(render_docs(specs, evidence)["matrix.json"])
    rows: list[dict[str, Any]] = matrix[key]
    return rows


def test_nothing_is_more_than_documented_without_evidence(committed: Specs) -> None:
    cells = [c for row in _rows(committed, Evidence({}, ()), "rows") for c in row["cells"]]
    levels = {cell.partition(", ")[2] for cell in cells}
    assert levels <= {"", "documented"}


def test_the_strongest_proof_counts(tmp_path: Path) -> None:
    runs = [
        {"service": "fs", "level": level, "operations": {"write": ["size"]}}
        for level in ("recorded request", "real server", "emulated")
    ]
    for number, run in enumerate(runs):
        (tmp_path / f"{number}.json").write_text(json.dumps(run))
    evidence = load_evidence(tmp_path)
    assert evidence.level("fs", "write") == "real server"
    assert evidence.level("fs", "write", "size") == "real server"
    assert evidence.level("fs", "read") == "documented"
    assert LEVELS[-1] == "documented"


@pytest.mark.parametrize("service", ["fs", "memory", "s3"])
def test_every_operation_that_a_spec_declares_was_seen(committed: Specs, service: str) -> None:
    spec = next(found for found in committed.services if found.name == service)
    declared = {op.operation.name for op in spec.namespaces["storage"].operations}
    evidence = load_evidence(EVIDENCE)
    assert {op for op in declared if evidence.level(service, op) == "documented"} == set()


@pytest.mark.parametrize("service", ["fs", "memory", "s3"])
def test_every_option_that_a_spec_declares_was_seen(committed: Specs, service: str) -> None:
    spec = next(found for found in committed.services if found.name == service)
    evidence = load_evidence(EVIDENCE)
    unseen = {
        (op.operation.name, option)
        for op in spec.namespaces["storage"].operations
        for option in op.accepted
        if evidence.level(service, op.operation.name, option) == "documented"
    }
    assert unseen == set()


def test_nothing_was_seen_that_no_spec_declares(committed: Specs) -> None:
    declared = {
        (service.name, op.operation.name, option)
        for service in committed.services
        for op in service.namespaces["storage"].operations
        for option in ("", *op.accepted)
    }
    declared |= {
        (service.name, f"service.{op.operation.name}", option)
        for service in committed.services
        if "service" in service.namespaces
        for op in service.namespaces["service"].operations
        for option in ("", *op.accepted)
    }
    levels = load_evidence(EVIDENCE).levels
    seen = {(name.partition(".")[0], *rest) for name, *rest in levels if rest[0] != "read_bytes"}
    assert seen - declared == set()


def test_a_profile_says_how_well_it_is_known(committed: Specs) -> None:
    evidence = load_evidence(EVIDENCE)
    for service in committed.services:
        for profile in service.profiles:
            levels = [run["level"] for run in evidence.runs_of(service.name, profile.name)]
            best = min(levels, key=LEVELS.index, default="documented")
            assert profile.level == best, profile.name


def test_a_profile_lets_be_seen_only_what_it_leaves(committed: Specs) -> None:
    evidence = load_evidence(EVIDENCE)
    for service in committed.services:
        accepted = {op.operation.name: op for op in service.namespaces["storage"].operations}
        for profile in service.profiles:
            refused = {
                (op, pair)
                for op in accepted
                for pair in (*profile.everywhere, *profile.unsupported.get(op, ()))
            }
            lacking = {
                op for op, own in accepted.items() if own.operation.interface in profile.lacks
            }
            for run in evidence.runs_of(service.name, profile.name):
                seen = {(op, pair) for op, pairs in run["operations"].items() for pair in pairs}
                assert seen & refused == set()
                assert run["operations"].keys() & lacking == set()


def test_a_planned_service_is_not_in_the_matrix(specs: Path) -> None:
    path = specs / "services" / "alpha" / "service.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('title = "Alpha"', 'title = "Alpha"\nstatus = "planned"'))
    pages = render_docs(load_specs(specs), Evidence({}, ()))
    assert "Alpha" not in pages["matrix.md"]
    assert "Beta" in pages["matrix.md"]
