"""A configuration written as a connection string opens the same store, on every service."""

import os
import string
from collections.abc import Callable, Mapping
from datetime import UTC
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storewright import storage
from storewright.core import texts
from storewright.core.credential import Credential
from storewright.core.endpoint import Endpoint
from storewright.core.modes import LIST_MODES, OBJECT_MODES
from storewright.generated.registry import SERVICES

from .support import config

AWKWARD = st.text() | st.text(alphabet="/?&=%#+:@,{}[] a\\'\"")
WORD = st.text(alphabet=string.ascii_lowercase + string.digits, min_size=1, max_size=8)
NUMBER = st.integers(0, 2**63)
SECONDS = st.floats(0, 1e9)
PATHS = st.lists(st.text(alphabet="ab/?&=%#+ é", max_size=5), max_size=3)

VALUES: dict[str, st.SearchStrategy[Any]] = {
    "bool": st.booleans(),
    "bytes": st.binary(),
    "credential": st.builds(
        Credential, st.just("hmac"), AWKWARD.filter(bool), AWKWARD.filter(bool)
    ),
    "duration": SECONDS,
    "endpoint": st.builds(
        "{}://{}.example:{}/{}".format,
        st.sampled_from(["http", "https"]),
        WORD,
        st.integers(1, 65535),
        WORD,
    ).map(Endpoint.parse),
    "float": st.floats(allow_nan=False, allow_infinity=False),
    "int": st.integers(),
    "list_mode": st.sampled_from(list(LIST_MODES.values())),
    "object_mode": st.sampled_from(list(OBJECT_MODES.values())),
    "size": NUMBER,
    "string": AWKWARD,
    "string_map": st.dictionaries(AWKWARD, AWKWARD),
    "strings": st.lists(AWKWARD),
    "time": st.datetimes(timezones=st.just(UTC)),
}
WRITERS: dict[str, Callable[[Any], str]] = {
    "credential": Credential.reveal,
    "endpoint": str,
    **{
        name: getattr(texts, f"format_{name}")
        for name in VALUES.keys() - {"credential", "endpoint"}
    },
}
ONLY_IN_CODE = {"any", "callback", "interceptor", "object_func"}


def value_of(spec: storage.PairSpec) -> st.SearchStrategy[Any]:
    if spec.values:
        return st.sampled_from(sorted(spec.values))
    if spec.name == "work_dir":
        return PATHS.map(lambda names: "/" + "/".join(names))
    if spec.name == "name":
        return AWKWARD.filter(bool)
    return VALUES[spec.type]


def configurations(cls: type[storage.Storager]) -> st.SearchStrategy[dict[str, Any]]:
    """Keywords that the class may be opened with, and that have a text."""
    defaults = {f"default_{name}": spec for name, spec in cls.defaultable().items()}
    specs = {**cls.construction(), **defaults}
    choices = {
        name: value_of(spec)
        for name, spec in specs.items()
        if spec.type not in ONLY_IN_CODE and name != "profile"
    }
    required = {name: choices[name] for name in cls.required()}
    flags = st.dictionaries(
        st.sampled_from([f"enable_{name}" for name in cls.feature_names()]), st.booleans()
    )
    optional = {name: choice for name, choice in choices.items() if name not in required}
    some = st.fixed_dictionaries(required, optional=optional)
    return st.tuples(some, flags).map(lambda both: {**both[0], **both[1]})


def written(service: str, cls: type[storage.Storager], keywords: Mapping[str, Any]) -> str:
    """The connection string that says the same."""
    options: dict[str, str | None] = {}
    for name, value in keywords.items():
        if name.startswith("enable_"):
            options[name] = "true" if value else "false"
            continue
        spec = {**cls.construction(), **cls.defaultable()}[name.removeprefix("default_")]
        options[name] = value if spec.values else WRITERS[spec.type](value)
    place = options.pop("name", None) or "", options.pop("work_dir", None)
    return str(storage.Connection(service, *place, options))


def outcome(open_it: Callable[[], storage.Storager]) -> tuple[Any, ...]:
    """What came of it: the configuration and class of a store, or the kind of error."""
    try:
        store = open_it()
    except storage.StorageError as error:
        return (type(error), error.code)
    return (config(store), store.features, type(store).__mro__, store.metadata())


@pytest.mark.parametrize("service", sorted(SERVICES))
@given(data=st.data())
def test_what_is_written_opens_the_same(service: str, data: st.DataObject) -> None:
    cls, _ = storage.storage_class(service)
    keywords = data.draw(configurations(cls))
    text = written(service, cls, keywords)
    expected = outcome(lambda: storage.open({"type": service}, **keywords))
    assert outcome(lambda: storage.open(text)) == expected
    assert outcome(lambda: storage.open({"type": service, **keywords})) == expected


@pytest.mark.parametrize("service", sorted(SERVICES))
@given(data=st.data())
def test_the_environment_says_the_same(service: str, data: st.DataObject) -> None:
    cls, _ = storage.storage_class(service)
    keywords = data.draw(configurations(cls))
    told = {
        name: value
        for name, value in keywords.items()
        if name in cls.construction() and name not in {"name", "work_dir"}
    }
    texts_of = storage.Connection.parse(written(service, cls, told)).options
    variables = {f"STOREWRIGHT_{service}_{k}".upper(): v or "" for k, v in texts_of.items()}
    usable = {k: v for k, v in variables.items() if v and "\0" not in v and v.isprintable()}
    told = {k: v for k, v in told.items() if f"STOREWRIGHT_{service}_{k}".upper() in usable}
    rest = {k: v for k, v in keywords.items() if k not in texts_of}
    with pytest.MonkeyPatch.context() as patch:
        for name, text in usable.items():
            patch.setitem(os.environ, name, text)
        found = outcome(lambda: storage.open({"type": service}, **rest))
    assert found == outcome(lambda: storage.open({"type": service}, **rest, **told))


def test_every_type_of_option_is_tried() -> None:
    """No option is left out because nobody thought of its type."""
    tried = VALUES.keys() | ONLY_IN_CODE
    for service in SERVICES:
        cls, _ = storage.storage_class(service)
        assert {spec.type for spec in cls.construction().values()} <= tried
        assert {spec.type for spec in cls.defaultable().values()} <= tried
