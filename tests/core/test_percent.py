from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storewright.core import percent


@given(st.text(), st.text(alphabet="/:+=&,@"))
def test_what_is_encoded_is_decoded(text: str, safe: str) -> None:
    encoded = percent.encode(text, safe)
    assert percent.decode(encoded) == text
    assert encoded.isascii()


@given(st.text(), st.text(alphabet="/:+=&,@"))
def test_it_is_the_usual_encoding(text: str, safe: str) -> None:
    assert percent.encode(text, safe) == quote(text, safe=safe)
    assert percent.decode(quote(text)) == unquote(quote(text))


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("%", 0),
        ("ab%", 2),
        ("a%4", 1),
        ("a%zz", 1),
        ("%41%4", 3),
        ("a%FF", 1),
        ("%C3", 0),
        ("%ED%A0%80", 0),
    ],
)
def test_malformed_text_is_refused_with_its_position(text: str, position: int) -> None:
    with pytest.raises(percent.MalformedPercent) as caught:
        percent.decode(text)
    assert caught.value.position == position


def test_plus_is_plus() -> None:
    assert percent.decode("a+b") == "a+b"


def test_a_lone_surrogate_is_not_encoded() -> None:
    with pytest.raises(UnicodeEncodeError):
        percent.encode("\ud800")
