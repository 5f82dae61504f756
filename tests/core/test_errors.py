import builtins
import copy
import errno
import inspect
import pickle
import re
from collections.abc import Callable
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storewright.core import errors
from storewright.core.errors import (
    BatchFailed,
    MissingExtra,
    ObjectExists,
    ObjectModeInvalid,
    ObjectNotExist,
    OperationTimeout,
    OperationUnsupported,
    PairError,
    PairValueInvalid,
    RequestThrottled,
    StorageError,
    Unexpected,
)

KINDS = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, StorageError)
]
every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)


class UserError(ObjectExists):
    """A subclass as an author of a third-party service would write it."""

    def __init__(self, bucket: str, owner: str) -> None:
        super().__init__(f"bucket {bucket} is taken", path=bucket)
        self.owner = owner


def example(kind: type[StorageError], message: str = "it went wrong") -> StorageError:
    """An error of this kind with every attribute set."""
    extra: dict[str, Any] = {}
    if kind is ObjectModeInvalid:
        extra = {"expected": 2, "actual": 1}
    elif kind is BatchFailed:
        extra = {"failures": {"a": ObjectNotExist("gone", path="a")}}
    elif issubclass(kind, PairError):
        extra = {"pair": "size"}
    build = cast("Callable[..., StorageError]", kind)
    return build(
        message,
        op="write",
        service="s3",
        path="a/b.sql",
        code="special",
        errno=errno.EPERM,
        http_status=418,
        request_id="r1",
        retryable=True,
        hint="try again",
        **extra,
    )


def pickled(error: StorageError) -> StorageError:
    again: StorageError = pickle.loads(pickle.dumps(error))
    return again


def state(error: StorageError) -> dict[str, object]:
    """Everything that can be asked of an error, errors inside it by their text."""
    known: dict[str, object] = {
        "type": type(error),
        "text": str(error),
        "args": error.args,
        "errno": error.errno,
        "strerror": error.strerror,
        "filename": error.filename,
    }
    return known | {name: str(value) for name, value in vars(error).items()}


def drawn() -> dict[str, tuple[list[str], bool]]:
    """Class name -> (its parents, retryable), from the tree in the module's docstring."""
    found: dict[str, tuple[list[str], bool]] = {}
    above: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        match = re.match(r"    ([│├└─ ]*)(\w+)(\(OSError\))?\s+(retryable)?(.*)", line)
        if match is None:
            continue
        depth = len(match[1]) // 4
        parents = re.findall(r"[A-Z]\w+(?=,|$)", re.split(r"\s{2,}", match[5].strip())[0])
        own = above[depth - 1 : depth] + (["OSError"] if match[3] else []) + parents
        found[match[2]] = (own, bool(match[4]))
        above[depth:] = [match[2]]
    return found


def test_the_tree_in_the_docstring_is_the_real_one() -> None:
    tree = drawn()
    real = {
        kind.__name__: (
            [base.__name__ for base in kind.__bases__],
            bool(vars(kind).get("retryable")),
        )
        for kind in (*KINDS, OperationUnsupported, MissingExtra)
    }
    assert tree == real


def test_everything_is_exported() -> None:
    assert {kind.__name__ for kind in KINDS} <= set(errors.__all__)


@every_kind
def test_code_is_the_name_of_the_class_in_snake_case(kind: type[StorageError]) -> None:
    assert kind.code == re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower()


@every_kind
def test_the_errno_is_the_one_of_the_builtin_parent(kind: type[StorageError]) -> None:
    pythons_choice = type(OSError(kind.default_errno, ""))
    for parent in kind.__mro__[1:]:
        if issubclass(parent, OSError) and not issubclass(parent, StorageError):
            assert issubclass(pythons_choice, parent)
    assert kind.default_errno in errno.errorcode


@every_kind
@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, pickled])
def test_copies_keep_everything(
    kind: type[StorageError], duplicate: Callable[[StorageError], StorageError]
) -> None:
    error = example(kind)
    error.add_note("seen twice")
    again = duplicate(error)
    assert again is not error
    assert state(again) == state(error)
    assert again.errno == errno.EPERM
    assert again.code == "special"
    assert again.retryable is True


def test_extra_attributes_survive_pickling() -> None:
    mode = pickle.loads(pickle.dumps(ObjectModeInvalid(expected=2, actual=1)))
    assert (mode.expected, mode.actual) == (2, 1)
    batch = pickle.loads(pickle.dumps(example(BatchFailed)))
    assert isinstance(batch.failures["a"], ObjectNotExist)
    assert batch.failures["a"].path == "a"
    user = pickle.loads(pickle.dumps(UserError("photos", "ann")))
    assert (user.owner, user.path, user.filename) == ("ann", "photos", "photos")


def test_the_message_is_one_line_of_its_pieces() -> None:
    error = ObjectNotExist(
        "object does not exist", op="read", service="s3", path="a/b.sql", hint="check the name"
    )
    assert str(error) == "read: s3: a/b.sql: object does not exist (check the name)"
    assert repr(error) == f"ObjectNotExist({str(error)!r})"
    assert str(ObjectNotExist("object does not exist")) == "object does not exist"


def test_it_is_the_oserror_that_users_expect() -> None:
    with pytest.raises(FileNotFoundError) as caught:
        raise ObjectNotExist("object does not exist", path="a")
    error = caught.value
    assert (error.errno, error.strerror, error.filename) == (
        errno.ENOENT,
        "object does not exist",
        "a",
    )
    assert ObjectNotExist("gone").filename is None


def test_defaults_belong_to_the_class_and_can_be_overridden() -> None:
    assert RequestThrottled("slow down").retryable is True
    assert RequestThrottled("slow down", retryable=False).retryable is False
    assert OperationTimeout("late").errno == errno.ETIMEDOUT
    assert OperationTimeout("late", code="read_timeout").code == "read_timeout"
    assert OperationTimeout.code == "operation_timeout"
    assert Unexpected("odd", errno=errno.ELOOP).errno == errno.ELOOP


def test_at_fills_in_only_what_is_missing() -> None:
    error = PairValueInvalid("pair 'size': expected 0 or more bytes", pair="size", op="read")
    assert error.at("write", "s3", "a") is error
    assert (error.op, error.service, error.path, error.filename) == ("read", "s3", "a", "a")
    assert error.at(path="b").path == "a"


def test_the_mode_error_names_the_modes() -> None:
    error = ObjectModeInvalid(expected=2, actual=1 | 4)
    assert str(error) == "object mode is dir|link, expected read"
    assert str(ObjectModeInvalid("target is a directory", expected=2, actual=1)) == (
        "target is a directory"
    )


def test_the_batch_error_counts_and_shows_the_first_failures() -> None:
    failures: dict[str, StorageError] = {f"k{n}": ObjectNotExist(f"no {n}") for n in range(5)}
    error = BatchFailed(failures=failures, op="delete_batch")
    assert str(error) == "delete_batch: 5 of the batch failed: k0: no 0; k1: no 1; k2: no 2; ..."
    assert error.failures == failures
    failures.clear()
    assert len(error.failures) == 5


@every_kind
def test_no_secret_gets_into_an_error(kind: type[StorageError]) -> None:
    secret = "s3cr3t-value"
    texts = [f"GET https://h/k?X-Amz-Signature={secret}", f"hmac:AK:{secret}", f"u {secret}"]
    for text in texts[:2]:
        error = example(kind, text)
        error.hint = ""
        shown = f"{error} {error!r} {error.args} {error.strerror} {pickle.dumps(error)!r}"
        assert secret not in shown
    assert secret in str(example(kind, texts[2]))  # the search above can find something


@given(message=st.text(), path=st.text(), hint=st.text())
def test_every_message_is_one_printable_line(message: str, path: str, hint: str) -> None:
    error = ObjectNotExist(message, op="read", path=path, hint=hint)
    assert str(error).isprintable()
    assert error.path == path


def test_lone_surrogates_and_escape_codes_are_shown_escaped() -> None:
    error = ObjectNotExist("gone", path="a\udcff\x1b[31m\n")
    assert str(error) == r"a\udcff\x1b[31m\n: gone"


def test_a_whole_page_is_cut() -> None:
    text = str(Unexpected("x" * 100_000))
    assert len(text) < 2_100
    assert text.endswith("...")


def test_unsupported_operations_are_absent_attributes_and_name_the_feature() -> None:
    error = OperationUnsupported("create_dir", "s3", "virtual_dir")
    assert str(error) == (
        "create_dir: s3: operation is not supported"
        " (enable it with enable_virtual_dir / StorageFeatures(virtual_dir=True))"
    )
    assert isinstance(error, AttributeError)
    assert isinstance(error, NotImplementedError)
    assert not isinstance(error, OSError)
    assert str(OperationUnsupported("fetch", "s3")) == "fetch: s3: operation is not supported"
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.op, again.service, again.feature) == (
        str(error),
        "create_dir",
        "s3",
        "virtual_dir",
    )


def test_a_missing_extra_prints_the_command() -> None:
    error = MissingExtra("minio", "s3")
    assert str(error).endswith("run: pip install 'storewright[s3]'")
    assert isinstance(error, ImportError)
    again = copy.copy(error)
    assert (str(again), again.service, again.extra) == (str(error), "minio", "s3")


def test_none_of_our_names_hides_a_builtin() -> None:
    assert not [name for name in errors.__all__ if hasattr(builtins, name)]
