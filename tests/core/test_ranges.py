from hypothesis import given
from hypothesis import strategies as st

from storewright.core.ranges import Ranges

steps = st.lists(st.tuples(st.booleans(), st.integers(0, 30), st.integers(0, 30)))


@given(steps)
def test_is_a_set_of_bytes(steps: list[tuple[bool, int, int]]) -> None:
    ranges, model = Ranges(), set[int]()
    for add, start, stop in steps:
        if add:
            ranges.add(start, stop)
            model |= set(range(start, stop))
        else:
            ranges.remove(start, stop)
            model -= set(range(start, stop))
        size = max(model, default=-1) + 1
        missing = sorted(set(range(size)) - model)
        assert ranges.size == size
        gap = ranges.gap()
        assert (gap is None) == (not missing)
        if gap is not None:
            first = missing[0]
            assert gap == (first, min(n for n in model if n > first))


def test_starts_with_what_is_given() -> None:
    assert Ranges([(5, 9), (0, 5)]).gap() is None
    assert Ranges([(0, 5), (6, 9)]).gap() == (5, 6)
    assert Ranges().gap() is None
