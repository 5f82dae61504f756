import copy
import pickle
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storewright.core.credential import Credential
from storewright.core.errors import CredentialInvalid

SECRETS = [
    "hmac:AKIA:s3cr3t",
    "sts:AKIA:s3cr3t:t0k3n",
    "basic:ann:s3cr3t",
    "apikey:s3cr3t",
    "base64:czNjcjN0",
]
HARMLESS = ["env", "file:/etc/key.json", "profile:backup", "anonymous"]
FIELD = st.text(min_size=1)


def attribute(credential: Credential, name: str) -> object:
    return getattr(credential, name)


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("hmac:ak:sk", {"access_key": "ak", "secret_key": "sk", "token": None}),
        ("hmac:ak:s/k+1=", {"secret_key": "s/k+1="}),
        ("hmac:ak:s%3Ak%25", {"secret_key": "s:k%"}),
        ("sts:ak:sk:to==", {"access_key": "ak", "secret_key": "sk", "token": "to=="}),
        ("basic:ann:pass:word", {"user": "ann", "password": "pass:word"}),
        ("apikey:a:b", {"api_key": "a:b"}),
        ("base64:YWI=", {"data": b"ab"}),
        ("file:C:\\keys\\a.json", {"path": "C:\\keys\\a.json"}),
        ("profile:a:b", {"profile": "a:b"}),
        ("env", {}),
        ("env:", {}),
        ("anonymous", {}),
    ],
)
def test_forms(text: str, fields: dict[str, object]) -> None:
    credential = Credential.parse(text)
    assert credential.protocol == text.partition(":")[0]
    for name, value in fields.items():
        assert attribute(credential, name) == value


@given(
    st.tuples(st.just("hmac"), FIELD, FIELD)
    | st.tuples(st.just("sts"), FIELD, FIELD, FIELD)
    | st.tuples(st.just("basic"), FIELD, FIELD)
    | st.tuples(st.sampled_from(["apikey", "file", "profile"]), FIELD)
)
def test_any_field_can_be_written(pieces: tuple[str, ...]) -> None:
    credential = Credential(*pieces)
    again = Credential.parse(credential.reveal())
    assert again == credential
    assert hash(again) == hash(credential)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "unknown credential protocol"),
        ("AKIA1234:s3cr3t", "unknown credential protocol (write one of hmac:<access key>:"),
        ("hamc:ak:s3cr3t", "unknown credential protocol (did you mean 'hmac'?)"),
        ("HMAC:ak:s3cr3t", "unknown credential protocol"),
        ("hmac", "hmac: the form is hmac:<access key>:<secret key>"),
        ("hmac:s3cr3t", "hmac: the form is hmac:<access key>:<secret key>"),
        ("hmac:s3cr3t:", "hmac: the form is hmac:<access key>:<secret key>"),
        ("hmac::s3cr3t", "hmac: the form is hmac:<access key>:<secret key>"),
        ("hmac:ak:s3cr3t:x", "(write a colon inside a field as %3A)"),
        ("sts:ak:s3cr3t", "sts: the form is sts:<access key>:<secret key>:<token>"),
        ("basic:s3cr3t", "basic: the form is basic:<user>:<password>"),
        ("env:s3cr3t", "env: the form is env"),
        ("file:", "file: the form is file:<path>"),
        ("hmac:ak:s3cr3t%zz", "two hexadecimal digits (write a percent sign as %25)"),
        ("hmac:ak:s3cr3t%ff", "not UTF-8"),
        ("base64:s3cr3t!", "base64: the data is not standard base64 with padding"),
        ("base64:czNjcjN", "base64: the data is not standard base64 with padding"),
        ("base64:s3cr3tä", "base64: the data is not standard base64 with padding"),
    ],
)
def test_malformed_text_is_refused_without_repeating_it(text: str, message: str) -> None:
    with pytest.raises(CredentialInvalid) as caught:
        Credential.parse(text)
    assert message in str(caught.value)
    assert str(caught.value).isprintable()
    assert "s3cr3t" not in f"{caught.value}{caught.value!r}{caught.value.args}"
    assert "AKIA1234" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_the_type_is_checked() -> None:
    parse = getattr(Credential, "parse")  # noqa: B009  (as a caller without a type checker)
    with pytest.raises(CredentialInvalid, match="expected str, got bytes"):
        parse(b"hmac:ak:s3cr3t")


@pytest.mark.parametrize("text", SECRETS)
def test_a_secret_is_never_shown(text: str) -> None:
    credential = Credential.parse(text)
    assert credential.has_secret
    shown = f"{credential} {credential!r} {[credential]} {{'c': {credential!r}}}"
    for secret in ("s3cr3t", "czNjcjN0", "t0k3n", "AKIA"):
        assert secret not in shown
    assert str(credential) == f"{text.partition(':')[0]}:***"
    assert not hasattr(credential, "__dict__")


@pytest.mark.parametrize("text", SECRETS)
def test_pickling_drops_the_secret_and_says_so(text: str) -> None:
    data = pickle.dumps(Credential.parse(text))
    for secret in (b"s3cr3t", b"czNjcjN0", b"t0k3n", b"AKIA"):
        assert secret not in data
    dropped: Credential = pickle.loads(data)
    assert dropped.protocol == text.partition(":")[0]
    assert dropped.has_secret
    assert dropped != Credential.parse(text)
    assert pickle.loads(pickle.dumps(dropped)) == dropped
    uses: list[Callable[[], object]] = [
        dropped.reveal,
        lambda: dropped.require(dropped.protocol),
        lambda: _first(dropped),
    ]
    for use in uses:
        with pytest.raises(CredentialInvalid, match=r"dropped on pickling \(pass credential="):
            use()


def _first(credential: Credential) -> object:
    """Ask for a field that the protocol has."""
    names = {
        "hmac": "access_key",
        "sts": "token",
        "basic": "user",
        "apikey": "api_key",
        "base64": "data",
    }
    return getattr(credential, names[credential.protocol])


@pytest.mark.parametrize("text", HARMLESS)
def test_pickling_keeps_what_is_no_secret(text: str) -> None:
    credential = Credential.parse(text)
    again = pickle.loads(pickle.dumps(credential))
    assert again == credential
    assert again.reveal() == credential.reveal()
    assert not credential.has_secret
    assert str(credential) == credential.reveal()
    assert again.require(again.protocol) == credential.protocol


@pytest.mark.parametrize("text", SECRETS + HARMLESS)
def test_copies_in_the_same_process_are_the_same(text: str) -> None:
    credential = Credential.parse(text)
    assert copy.copy(credential) is credential
    assert copy.deepcopy({"c": credential})["c"] is credential


def test_a_field_of_another_protocol_names_those_that_have_it() -> None:
    with pytest.raises(CredentialInvalid) as caught:
        _ = Credential.parse("basic:ann:s3cr3t").secret_key
    assert str(caught.value) == (
        "credential 'basic' has no secret_key"
        " (write hmac:<access key>:<secret key> or sts:<access key>:<secret key>:<token>)"
    )


def test_an_adapter_names_the_protocols_it_accepts() -> None:
    credential = Credential.parse("basic:ann:s3cr3t")
    assert credential.require("basic", "env") == "basic"
    with pytest.raises(CredentialInvalid) as caught:
        credential.require("hmac", "env", service="s3")
    assert str(caught.value) == (
        "s3: credential protocol 'basic' is not accepted"
        " (write hmac:<access key>:<secret key>, env)"
    )


def test_equality() -> None:
    assert Credential.parse("hmac:a:b") == Credential("hmac", "a", "b")
    assert Credential.parse("hmac:a:b") != Credential.parse("hmac:a:c")
    assert Credential.parse("apikey:a") != Credential.parse("profile:a")
    assert Credential.parse("env") != "env"
