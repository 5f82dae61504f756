import time

import pytest

from storewright.core.deadline import Deadline
from storewright.core.errors import OperationTimeout


def test_without_a_limit_nothing_happens() -> None:
    deadline = Deadline.after(None)
    deadline.check("write", "s3", "a")
    assert deadline.remaining() is None


def test_time_runs() -> None:
    deadline = Deadline.after(3600)
    first = deadline.remaining()
    time.sleep(0.002)
    second = deadline.remaining()
    assert first is not None
    assert second is not None
    assert 0 < second < first <= 3600
    deadline.check()


def test_after_the_moment_it_raises_and_says_where() -> None:
    deadline = Deadline.after(0.001)
    time.sleep(0.002)
    with pytest.raises(OperationTimeout) as caught:
        deadline.check("write", "s3", "a")
    assert str(caught.value) == "write: s3: a: not finished within 0.001 s"
    assert isinstance(caught.value, TimeoutError)
    assert caught.value.retryable
    assert deadline.remaining() == 0.0


def test_no_time_at_all_is_over_at_once() -> None:
    with pytest.raises(OperationTimeout):
        Deadline.after(0).check()
