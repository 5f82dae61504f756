import pytest

from storewright.core.options import nothing
from storewright.generated.s3.options import WriteOptions


def test_options_that_nobody_gave_are_shared_and_cannot_be_changed() -> None:
    shared = nothing(WriteOptions)
    assert isinstance(shared, WriteOptions)
    assert list(shared.given()) == []
    assert repr(shared) == "WriteOptions()"
    with pytest.raises(AttributeError, match=r"WriteOptions\.size: .* not to be changed"):
        shared.size = 1
    assert shared.size is None


def test_other_options_are_not_affected() -> None:
    nothing(WriteOptions)
    options = WriteOptions()
    options.size = 1
    assert dict(options.given()) == {"size": 1}
    assert WriteOptions().size is None


def test_what_is_shown_has_no_secret() -> None:
    options = WriteOptions(size=1, server_side_encryption_customer_key=b"s3cr3t")
    assert repr(options) == "WriteOptions(size=1, server_side_encryption_customer_key=***)"
