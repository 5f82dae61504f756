"""One suite for every service: it proves what the service's spec declares."""

from storewright.testing.conformance.declared import Declared
from storewright.testing.conformance.harness import OpenStore
from storewright.testing.conformance.servicing import OpenServicer, ServicerSuite
from storewright.testing.conformance.suite import ConformanceSuite

__all__ = ["ConformanceSuite", "Declared", "OpenServicer", "OpenStore", "ServicerSuite"]
