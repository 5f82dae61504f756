"""The address of the metrics endpoint."""

import socket

import pytest

from storewright.dump import NoProgress, OptionInvalid
from storewright.dump.status import serving


def _has(host: str, family: socket.AddressFamily) -> bool:
    try:
        with socket.socket(family) as listener:
            listener.bind((host, 0))
    except OSError:
        return False
    return True


SIX = [host for host in ("::1",) if _has(host, socket.AF_INET6)]


@pytest.mark.parametrize("host", ["127.0.0.1", *SIX])
def test_a_host_may_have_the_brackets_of_ipv6(host: str) -> None:
    with serving(f"[{host}]:0", NoProgress()) as progress:
        progress.begin("dump", 1)
        progress.end()


@pytest.mark.parametrize(
    "address",
    ["nowhere", ":", "[::1]", ":70000", f":{'9' * 5000}", f"{'a' * 80}:8281", "[]:0x1"],
    ids=lambda address: address[:12],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(OptionInvalid, match="--status-addr"), serving(address, NoProgress()):
        raise AssertionError


def test_a_port_that_is_taken_is_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(OptionInvalid, match="in use"), serving(address, NoProgress()):
            raise AssertionError
