"""The suite itself: complete, and put together without a test hiding another one."""

import re
from collections import Counter
from pathlib import Path

from storewright.testing import ConformanceSuite
from storewright.testing.conformance.harness import Harness

PAGE = Path(__file__).parents[2] / "docs" / "conformance-cases.md"
SUBJECTS = [
    cls
    for cls in ConformanceSuite.__mro__
    if issubclass(cls, Harness) and cls not in {ConformanceSuite, Harness}
]
OF_EVERY_CLASS = {"__module__", "__doc__", "__firstlineno__", "__static_attributes__"}


def test_no_subject_hides_what_another_has() -> None:
    names = Counter(name for cls in [*SUBJECTS, Harness] for name in vars(cls))
    hidden = {name for name, count in names.items() if count > 1}
    assert hidden - OF_EVERY_CLASS == set()


def named_in_page() -> list[tuple[str, list[str]]]:
    """Id and tests of each row of docs/conformance-cases.md."""
    rows = [line.split("|") for line in PAGE.read_text(encoding="utf-8").splitlines()]
    cells = [row for row in rows if len(row) == 6 and "/" in row[1]]
    return [(row[1].strip(), re.findall(r"`(test_\w+)`", row[3])) for row in cells]


def test_the_page_names_every_case_of_the_anchor() -> None:
    rows = named_in_page()
    assert len({case for case, _ in rows}) == len(rows) == 53
    assert [case for case, tests in rows if not tests] == []


def test_every_case_of_the_anchor_is_in_the_suite() -> None:
    named = {test for _, tests in named_in_page() for test in tests}
    assert {test for test in named if not callable(getattr(ConformanceSuite, test, None))} == set()


def test_nothing_is_collected_from_the_suite_itself() -> None:
    assert not ConformanceSuite.__name__.startswith("Test")
    assert not hasattr(ConformanceSuite, "declared")
