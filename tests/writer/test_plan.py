"""Parts of an object whose length nobody knows: they never run out, and never break a limit."""

import logging
from itertools import count

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from storewright.core.errors import RestrictionDissatisfied
from storewright.core.parts import PartLimits
from storewright.core.plan import DEFAULT_PART_SIZE, EQUAL_PART_SIZE, Plan, Request

MIB, GIB, TIB = 1 << 20, 1 << 30, 1 << 40
S3 = PartLimits(5 * MIB, 5 * GIB, 10_000, 5 * TIB, put_maximum=5 * GIB)
EQUAL = PartLimits(5 * MIB, 5 * GIB, 10_000, 5 * TIB, equal_parts=True)


def sizes_of(plan: Plan, total: int) -> list[int]:
    """The sizes of the parts of an object of ``total`` bytes."""
    sizes: list[int] = []
    for index in count():
        if total <= 0:
            break
        sizes.append(min(total, plan.size(index)))
        total -= sizes[-1]
    return sizes


def test_parts_are_8_mib_until_a_tenth_of_them_is_used() -> None:
    plan = Request(limits=S3).plan()
    assert {plan.size(index) for index in range(1000)} == {DEFAULT_PART_SIZE}
    assert plan.size(1100) > DEFAULT_PART_SIZE


@pytest.mark.parametrize("total", [1, 78 * GIB, 79 * GIB, 200 * GIB, 1 * TIB, 5 * TIB])
def test_an_unknown_length_never_runs_out_of_parts(total: int) -> None:
    plan = Request(limits=S3).plan()
    plan.admit(total)
    sizes = sizes_of(plan, total)
    assert len(sizes) <= 10_000
    assert all(5 * MIB <= size <= 5 * GIB for size in sizes[:-1])


def test_growth_is_no_faster_than_it_must_be() -> None:
    plan = Request(limits=S3).plan()
    assert max(sizes_of(plan, 50 * GIB)) < 64 * MIB
    assert max(sizes_of(plan, 200 * GIB)) < 160 * MIB


def test_a_hint_gives_parts_that_are_larger_from_the_start_and_hardly_grow() -> None:
    plan = Request(limits=S3, size_hint=200 * GIB).plan()
    sizes = sizes_of(plan, 200 * GIB)
    assert max(sizes) <= 40 * MIB
    assert len(sizes) <= 7500


def test_a_hint_may_be_wrong() -> None:
    plan = Request(limits=S3, size_hint=10 * GIB).plan()
    plan.admit(4 * TIB)
    assert len(sizes_of(plan, 4 * TIB)) <= 10_000


def test_more_than_the_service_stores_is_refused_at_the_start() -> None:
    with pytest.raises(RestrictionDissatisfied, match="exceed the 5497558138880"):
        Request(limits=S3, size_hint=5 * TIB + 1).plan()


def test_more_than_the_service_stores_is_refused_when_it_comes() -> None:
    with pytest.raises(RestrictionDissatisfied, match="exceeds the 5497558138880 bytes"):
        Request(limits=S3).plan().admit(5 * TIB + 1)


def test_equal_parts_are_equal() -> None:
    plan = Request(limits=EQUAL, size_hint=1 * TIB).plan()
    sizes = sizes_of(plan, 1 * TIB)
    assert len(set(sizes[:-1])) == 1
    assert len(sizes) <= 10_000


def test_equal_parts_of_an_unknown_length_are_larger_because_they_cannot_grow() -> None:
    plan = Request(limits=EQUAL).plan()
    assert plan.size(0) == plan.size(9_999) == EQUAL_PART_SIZE
    assert plan.capacity == 10_000 * EQUAL_PART_SIZE


def test_equal_parts_that_cannot_hold_the_hint_are_refused_at_the_start() -> None:
    with pytest.raises(RestrictionDissatisfied, match="can be stored"):
        Request(limits=EQUAL, part_size=8 * MIB, size_hint=100 * GIB).plan()
    with pytest.raises(RestrictionDissatisfied, match="can be stored"):
        Request(limits=EQUAL, max_memory=64 * MIB, size_hint=1 * TIB).plan()


def test_the_end_of_equal_parts_is_announced_before_it_comes(
    caplog: pytest.LogCaptureFixture,
) -> None:
    plan = Request(limits=EQUAL, service="r2", path="a.sql").plan()
    with caplog.at_level(logging.WARNING, "storewright"):
        plan.admit(240 * GIB)
        assert not caplog.messages
        plan.admit(260 * GIB)
        plan.admit(261 * GIB)
    [message] = caplog.messages
    assert "r2: 'a.sql'" in message
    assert "size_hint" in message
    with pytest.raises(RestrictionDissatisfied, match="size_hint"):
        plan.admit(320 * GIB)


def test_max_memory_bounds_parts_times_concurrency_plus_one() -> None:
    plan = Request(limits=S3, concurrency=4, max_memory=256 * MIB).plan()
    for index in range(0, 10_000, 50):
        size = plan.size(index)
        assert size * (plan.concurrency(size) + 1) <= 256 * MIB
    assert plan.concurrency(plan.size(0)) == 4
    assert plan.capacity is not None
    assert plan.capacity > 700 * GIB


def test_large_parts_come_with_fewer_at_once_rather_than_with_more_memory() -> None:
    plan = Request(limits=S3, concurrency=8, max_memory=300 * MIB, size_hint=1 * TIB).plan()
    assert plan.size(0) > 100 * MIB
    assert plan.concurrency(plan.size(0)) == 1


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"part_size": 4 * MIB}, "part_size must be from 5242880 to 5368709120 bytes, got 4194304"),
        ({"part_size": 6 * GIB}, "part_size must be from"),
        ({"part_size": 0}, "part_size must be from"),
        ({"concurrency": 0}, "concurrency must be at least 1, got 0"),
        ({"max_memory": 8 * MIB}, "max_memory must be at least 10485760 bytes"),
        ({"max_memory": 0}, "max_memory must be at least"),
        ({"part_size": 64 * MIB, "max_memory": 100 * MIB}, "part_size must be from"),
    ],
)
def test_numbers_that_break_a_limit_are_refused(wrong: dict[str, int], says: str) -> None:
    with pytest.raises(RestrictionDissatisfied, match=says):
        Request(limits=S3, service="s3", path="a", **wrong).plan()


def test_a_service_without_limits_gets_equal_parts_without_end() -> None:
    plan = Request(limits=PartLimits()).plan()
    plan.admit(1 << 60)
    assert plan.size(1 << 40) == DEFAULT_PART_SIZE


def test_a_saved_plan_cuts_the_same_parts_again() -> None:
    first = Request(limits=S3, part_size=6 * MIB, size_hint=90 * GIB).plan()
    again = Request(limits=S3, concurrency=2).restore(first.save())
    assert [first.size(i) for i in range(10_000)] == [again.size(i) for i in range(10_000)]


LIMITS = st.builds(
    PartLimits,
    part_minimum=st.integers(0, 20),
    part_maximum=st.none() | st.integers(20, 400),
    parts_maximum=st.none() | st.integers(1, 400),
    size_maximum=st.none() | st.integers(1, 100_000),
    equal_parts=st.booleans(),
)


@given(
    limits=LIMITS,
    part_size=st.none() | st.integers(1, 100),
    concurrency=st.integers(1, 6),
    max_memory=st.none() | st.integers(1, 1000),
    size_hint=st.none() | st.integers(0, 100_000),
    total=st.integers(0, 100_000),
)
def test_whatever_is_admitted_fits(
    limits: PartLimits,
    part_size: int | None,
    concurrency: int,
    max_memory: int | None,
    size_hint: int | None,
    total: int,
) -> None:
    request = Request(
        limits=limits,
        part_size=part_size,
        concurrency=concurrency,
        max_memory=max_memory,
        size_hint=size_hint,
    )
    try:
        plan = request.plan()
    except RestrictionDissatisfied:
        assume(condition=False)
        return
    if size_hint is not None:
        plan.admit(size_hint)  # what was not refused at the start is never refused
    try:
        plan.admit(total)
    except RestrictionDissatisfied:
        assert plan.capacity is not None
        assert total > plan.capacity
        return
    sizes = sizes_of(plan, total)
    assert limits.parts_maximum is None or len(sizes) <= limits.parts_maximum
    assert limits.size_maximum is None or total <= limits.size_maximum
    for index, size in enumerate(sizes):
        planned = plan.size(index)
        assert planned >= limits.part_minimum or index == len(sizes) - 1
        assert limits.part_maximum is None or size <= limits.part_maximum
        assert max_memory is None or planned * (plan.concurrency(planned) + 1) <= max_memory
    if limits.equal_parts:
        assert len(set(sizes[:-1])) <= 1
