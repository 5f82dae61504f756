import pytest

from storewright.core.about import about
from storewright.core.assembly import check_parts
from storewright.core.errors import ObjectNotExist, RestrictionDissatisfied
from storewright.core.parts import Part

STORED = {n: Part(n, 1, f'"{n}"') for n in (0, 2, 5)}


def test_parts_that_are_there() -> None:
    check_parts([STORED[0], STORED[5]], STORED)
    check_parts([Part(2, 1, '"2"')], STORED)


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        ([], "at least one"),
        ([STORED[2], STORED[0]], "order"),
        ([STORED[2], STORED[2]], "order"),
        ([STORED[0], Part(1, 1, "")], "part 1 was not"),
        ([Part(2, 1, '"old"')], "part 2 was not uploaded, or was replaced"),
    ],
)
def test_parts_that_cannot_be_joined(parts: list[Part], text: str) -> None:
    with pytest.raises(RestrictionDissatisfied, match=text):
        check_parts(parts, STORED)


def test_error_is_about_the_path_that_is_named() -> None:
    with pytest.raises(ObjectNotExist) as caught, about("dst"):
        raise ObjectNotExist("gone")
    assert caught.value.at("copy", "fs", "src").path == "dst"
    with pytest.raises(KeyError), about("dst"):
        raise KeyError
