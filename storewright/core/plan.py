"""How an object of unknown length is cut into parts, so that it never runs out of them.

Services take a limited number of parts. With equal parts of 8 MiB and 10,000 of them, a stream
ends at 78 GiB, hours after it began. So parts keep their size for the first tenth, then grow by a
constant factor in a hundred steps, just fast enough to reach the service's largest object.
Where all parts must be equal, their size is chosen at the start and what cannot fit is refused.
"""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, repeat
from typing import Final, NoReturn, final

from storewright.core.errors import RestrictionDissatisfied
from storewright.core.parts import PartLimits

__all__ = ["DEFAULT_CONCURRENCY", "DEFAULT_PART_SIZE", "EQUAL_PART_SIZE", "Plan", "Request"]

MIB: Final = 1024 * 1024
DEFAULT_PART_SIZE: Final = 8 * MIB
"""Size of a part in bytes when nobody says."""
EQUAL_PART_SIZE: Final = 32 * MIB
"""The same where all parts must be equal and the length is unknown: they cannot grow later."""
DEFAULT_CONCURRENCY: Final = 4
"""Parts sent at the same time when nobody says."""

_TARGET: Final = 5 * 1024 * 1024 * MIB  # what growth aims at where the service names no maximum
_STEPS: Final = 100
_UNIT: Final = 4096  # growth factors are whole multiples of 1/_UNIT: integers, the same everywhere
_log = logging.getLogger("storewright")


@final
class Plan:
    """The size of every part, and how many may be under way at once.

    ``base`` is the size of the first ``hold`` parts; from there each step multiplies it by
    ``growth`` / 4096, up to ``ceiling``. Growth is worked out when it is first needed, unless it
    is given. Raises RestrictionDissatisfied where an object exceeds what can be stored.
    """

    def __init__(
        self,
        limits: PartLimits,
        *,
        base: int,
        hold: int,
        ceiling: int | None,
        growth: int | None = None,
        concurrency: int = 1,
        max_memory: int | None = None,
        service: str = "",
        path: str = "",
    ) -> None:
        self._limits = limits
        self.base, self.hold, self.ceiling = base, hold, ceiling
        self._growth = growth
        self._concurrency, self._max_memory = concurrency, max_memory
        self._service, self._path = service, path
        self.admitted = self._harmless()
        """Bytes that fit without a closer look by :meth:`admit`."""

    def save(self) -> dict[str, int | None]:
        """Numbers from which the same parts can be planned later."""
        growth = self.growth if self._grows() else None
        return {
            "base": self.base,
            "hold": self.hold,
            "ceiling": self.ceiling,
            "growth": growth,
        }

    def size(self, index: int) -> int:
        """Bytes of part ``index``, unless it is the last one."""
        return self.base if index < self.hold else self._sizes[index // self._step]

    def concurrency(self, size: int) -> int:
        """How many parts of ``size`` bytes may be under way beside the one being filled."""
        if self._max_memory is None:
            return self._concurrency
        return max(1, min(self._concurrency, self._max_memory // size - 1))

    def fits(self, total: int) -> bool:
        """Whether an object of ``total`` bytes can be stored."""
        return total <= self.admitted or self.capacity is None or total <= self.capacity

    def admit(self, total: int) -> None:
        """Refuse an object of ``total`` bytes that can no longer be stored.

        Warns once when the end comes near.
        """
        capacity = self.capacity
        if total <= self.admitted:
            return
        if capacity is None:
            self.admitted = 1 << 63
        elif total > capacity:
            self._refuse(capacity)
        elif total > capacity * 4 // 5:
            self.admitted = capacity
            self._warn(total, capacity)
        else:
            self.admitted = capacity * 4 // 5

    @cached_property
    def capacity(self) -> int | None:
        """Most bytes that an object can have with these parts; None means no limit."""
        count, whole = self._limits.parts_maximum, self._limits.size_maximum
        if count is None:
            return whole
        parts = self._sum(self._sizes) if self._grows() else count * self.base
        return parts if whole is None else min(parts, whole)

    @cached_property
    def growth(self) -> int:
        """Growth of each step, in 1/4096: the least that makes the capacity large enough."""
        if self._growth is not None:
            return self._growth
        target = self._target()
        low, high = _UNIT, _UNIT * _UNIT
        while low < high:
            middle = (low + high) // 2
            if self._sum(self._grown(middle)) >= target:
                high = middle
            else:
                low = middle + 1
        return low

    @cached_property
    def _sizes(self) -> list[int]:
        """The size of parts in each step."""
        if not self._grows():
            return [self.base] * (self._count() // self._step + 1)
        return list(self._grown(self.growth))

    @property
    def _step(self) -> int:
        """Parts that share one size."""
        return max(1, self._count() // _STEPS)

    def _count(self) -> int:
        return self._limits.parts_maximum or 1

    def _grows(self) -> bool:
        return self._limits.parts_maximum is not None and not self._limits.equal_parts

    def _grown(self, growth: int) -> Iterator[int]:
        """The size in each step, if it grows by ``growth``."""
        held = self.hold // self._step
        steps = -(-self._count() // self._step)
        yield from repeat(self.base, held)
        factors = repeat(growth, steps - held)
        yield from accumulate(factors, self._next_size, initial=self.base)

    def _next_size(self, size: int, growth: int) -> int:
        larger = size * growth // _UNIT
        return larger if self.ceiling is None else min(larger, self.ceiling)

    def _sum(self, sizes: Iterator[int] | list[int]) -> int:
        """Bytes in all parts, given the size in each step."""
        total, left = 0, self._count()
        for size in sizes:
            total += size * min(self._step, left)
            left -= min(self._step, left)
        return total

    def _target(self) -> int:
        """What growth aims at: the largest object, if the ceiling can come near it."""
        count = self._count()
        wanted = self._limits.size_maximum or _TARGET
        if self.ceiling is None:
            return wanted
        reachable = self.hold * self.base + (count - self.hold) * self.ceiling
        return min(wanted, reachable * 3 // 4)

    def _harmless(self) -> int:
        """Bytes that fit without a closer look."""
        if self._limits.parts_maximum is None:
            return self._limits.size_maximum or 1 << 63
        held = self.hold * self.base * 4 // 5
        return min(held, self._limits.size_maximum or held)

    def _refuse(self, capacity: int) -> NoReturn:
        message = f"object exceeds the {capacity} bytes that can be stored"
        hint = "" if capacity == self._limits.size_maximum else _HINT
        raise RestrictionDissatisfied(
            message, op="write", service=self._service, path=self._path, hint=hint
        )

    def _warn(self, total: int, capacity: int) -> None:
        if capacity != self._limits.size_maximum:
            message = "%s: %r: %d of the %d bytes that its parts can hold are written; %s"
            _log.warning(message, self._service, self._path, total, capacity, _HINT)


_HINT: Final = "give size_hint or a larger part_size (and max_memory) for larger objects"


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a caller wants of the parts of an object of unknown or roughly known length.

    Memory is the current part size times (concurrency + 1). ``max_memory`` bounds it in bytes, by
    fewer parts at once where parts have to be large.
    """

    limits: PartLimits
    part_size: int | None = None
    concurrency: int = DEFAULT_CONCURRENCY
    max_memory: int | None = None
    size_hint: int | None = None
    service: str = ""
    path: str = ""

    def plan(self) -> Plan:
        """The parts.

        Raises RestrictionDissatisfied when a number violates the limits or ``size_hint`` bytes
        cannot fit.
        """
        self._check()
        base = self._base()
        plan = self._made(base, self._hold(base), self._ceiling(), None)
        if not plan.fits(self.size_hint or 0):
            self._refuse(f"{self.size_hint} bytes exceed the {plan.capacity} that can be stored")
        return plan

    def restore(self, saved: Mapping[str, int | None]) -> Plan:
        """The parts of an earlier plan, from what its ``save`` returned."""
        self._check()
        return self._made(saved["base"] or 1, saved["hold"] or 1, saved["ceiling"], saved["growth"])

    def _made(self, base: int, hold: int, ceiling: int | None, growth: int | None) -> Plan:
        return Plan(
            self.limits,
            base=base,
            hold=hold,
            ceiling=ceiling,
            growth=growth,
            concurrency=self.concurrency,
            max_memory=self.max_memory,
            service=self.service,
            path=self.path,
        )

    def _check(self) -> None:
        least, ceiling = self._least(), self._ceiling()
        if self.concurrency < 1:
            self._refuse(f"concurrency must be at least 1, got {self.concurrency}")
        if ceiling is not None and ceiling < least:
            self._refuse(f"max_memory must be at least {2 * least} bytes: two of the least parts")
        size = self.part_size
        if size is not None and not least <= size <= (ceiling or size):
            most = "any number of" if ceiling is None else ceiling
            self._refuse(f"part_size must be from {least} to {most} bytes, got {size}")

    def _least(self) -> int:
        return max(1, self.limits.part_minimum)

    def _ceiling(self) -> int | None:
        """The largest part that limits and memory allow."""
        bounds = (self.limits.part_maximum, self.max_memory and self.max_memory // 2)
        return min((bound for bound in bounds if bound is not None), default=None)

    def _base(self) -> int:
        """The size of the first parts: small, but large enough for what is announced."""
        if self.part_size is not None:
            return self.part_size
        blind = self.limits.equal_parts and self.size_hint is None
        size = EQUAL_PART_SIZE if blind else DEFAULT_PART_SIZE
        if self.max_memory is not None:
            size = min(size, self.max_memory // (self.concurrency + 1))
        size = max(size, self._least(), self._announced_size())
        return min(size, self._ceiling() or size)

    def _announced_size(self) -> int:
        """A part size of which three quarters of the parts hold what is announced: it may err."""
        count = self.limits.parts_maximum
        if count is None or not self.size_hint:
            return 1
        size = -(-self.size_hint * 4 // (count * 3))
        return -(-size // MIB) * MIB

    def _hold(self, base: int) -> int:
        """How many parts keep the first size: those announced, and at least a tenth of all."""
        count = self.limits.parts_maximum
        if count is None or self.limits.equal_parts:
            return count or 1 << 62
        announced = -(-(self.size_hint or 0) // base)
        hold = max(count // 10, min(announced, count * 3 // 4))
        step = max(1, count // _STEPS)
        return max(step, hold // step * step)

    def _refuse(self, message: str) -> NoReturn:
        raise RestrictionDissatisfied(
            message, op="open_writer", service=self.service, path=self.path
        )
