"""Time that passes when a test says so."""

import pytest

from storewright.core import deadline


class Clock:
    """Stands still, however slow the machine is."""

    now = 0.0

    def __call__(self) -> float:
        return self.now

    def advance(self) -> None:
        """Let an hour pass."""
        self.now += 3600


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of all deadlines."""
    clock = Clock()
    monkeypatch.setattr(deadline, "monotonic", clock)
    return clock
