"""URLs that hold for whole seconds, of which the first is nearly over when it begins."""

import time
from collections.abc import Callable

__all__ = ["check_that_it_expires"]


def check_that_it_expires(
    sign: Callable[[int], str], get: Callable[[str], tuple[int, bytes]], why: bytes
) -> None:
    """A URL is good at first, and no more when its time is over."""
    seconds, url = 2, sign(2)
    while get(url)[0] != 200:  # the machine is busy
        seconds *= 5
        assert seconds < 100, "it was never good"
        url = sign(seconds)
    end = time.monotonic() + seconds + 60
    while (answer := get(url))[0] == 200 and time.monotonic() < end:
        time.sleep(0.2)
    assert (answer[0], why in answer[1]) == (403, True)
