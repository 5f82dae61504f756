import pytest

from storewright.core.digests import Md5Check, check_md5
from storewright.core.errors import IntegrityFailed, PairValueInvalid

MD5_OF_ABC = "kAFQmDzST7DWlj99KOF/cg=="


def test_content_in_chunks() -> None:
    check = Md5Check(MD5_OF_ABC)
    for chunk in (b"a", bytearray(b""), memoryview(b"bc")):
        check.update(chunk)
    check.finish()
    check.update(b"d")
    with pytest.raises(IntegrityFailed, match="the content has"):
        check.finish()


def test_whole_content() -> None:
    check_md5(b"abc", MD5_OF_ABC)
    with pytest.raises(IntegrityFailed):
        check_md5(b"abd", MD5_OF_ABC)


@pytest.mark.parametrize(
    "text", ["", "abc", "900150983cd24fb0d6963f7d28e17f72", "kAFQmDzST7DWlj99KOF=", "Zoë", "a\nb"]
)
def test_what_is_no_digest(text: str) -> None:
    with pytest.raises(PairValueInvalid, match="128-bit") as caught:
        Md5Check(text)
    assert caught.value.pair == "content_md5"
