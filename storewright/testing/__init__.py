"""What an author of a service tests it with: real servers on loopback, the conformance suite.

.. code-block:: python

    import pytest
    from storewright.testing import ConformanceSuite, OpenStore

    class TestDemo(ConformanceSuite):
        storage = DemoStorage

        @pytest.fixture
        def open_store(self, tmp_path) -> OpenStore:
            return functools.partial(DemoStorage, name=str(tmp_path))
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from storewright.testing.conformance import (
        ConformanceSuite,
        OpenServicer,
        OpenStore,
        ServicerSuite,
    )

__all__ = ["ConformanceSuite", "OpenServicer", "OpenStore", "ServicerSuite"]


def __getattr__(name: str) -> Any:
    """The suite is imported by who asks for it: the servers need neither it nor pytest."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import pytest

    pytest.register_assert_rewrite("storewright.testing.conformance")
    from storewright.testing import conformance

    return getattr(conformance, name)
