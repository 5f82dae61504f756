"""The suite itself: complete, and put together without a test hiding another one."""

from collections import Counter

from storewright.testing import ConformanceSuite
from storewright.testing.conformance.harness import Harness

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
