"""The same random operations through a store and through boto3 leave the same behind."""

import uuid
from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from storewright.services.s3 import writing
from storewright.testing.servers import SeaweedFS

from .conftest import OpenStore
from .two_ways import FUTURE, MIB, PAST, Ours, Outcome, Theirs, Way, outcome, short

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

pytestmark = pytest.mark.server

KEYS: Final = [b"1" * 32, b"2" * 32]
PATHS: Final = st.sampled_from(["a b+c", "dir/d%20e", "dir/sub/ä&f", "x=y?z#"])
"""Few, so that most operations meet an object."""
WORDS: Final = st.text("abcxyz019-_/;=. ", min_size=1, max_size=9).map(lambda t: f"x{t}x")
KEYED: Final = st.sampled_from(KEYS).map(lambda k: {"server_side_encryption_customer_key": k})
SOURCE: Final = st.sampled_from(KEYS).map(
    lambda k: {"copy_source_server_side_encryption_customer_key": k}
)
NOTHING: Final = st.just(dict[str, Any]())
BY_SERVICE: Final = st.sampled_from(
    [
        {"server_side_encryption": "AES256"},
        {"server_side_encryption": "aws:kms", "server_side_encryption_aws_kms_key_id": "some-key"},
    ]
)
HEADERS: Final = st.fixed_dictionaries(
    {},
    optional={
        "cache_control": st.sampled_from(["no-cache", "max-age=9"]),
        "content_disposition": st.just('attachment; filename="a b.sql"'),
        "content_encoding": st.sampled_from(["x-enc", "gzip"]),
        "content_language": st.sampled_from(["de", "en, fr"]),
        "content_type": st.sampled_from(["text/plain; charset=utf-8", "application/x-dump"]),
        "user_metadata": st.dictionaries(
            st.text("abc-", min_size=1, max_size=4).map(lambda t: f"k{t}k"),
            WORDS | st.just("ж"),
            max_size=3,
        ),
        "storage_class": st.sampled_from(["STANDARD", "STANDARD_IA"]),
        "tagging": st.dictionaries(st.sampled_from(["t", "u"]), st.sampled_from("vw"), max_size=2),
    },
)
CONDITIONS: Final = st.sampled_from(
    [{}, {}, {}, {"if_not_exists": True}, {"if_match": "current"}, {"if_match": '"another"'}]
)
LOOKING: Final = st.sampled_from(
    [
        *[dict[str, Any]()] * 3,
        {"if_match": "current"},
        {"if_match": '"another"'},
        {"if_none_match": "current"},
        {"if_none_match": '"another"'},
        {"if_modified_since": PAST},
        {"if_modified_since": FUTURE},
        {"if_unmodified_since": PAST},
        {"if_unmodified_since": FUTURE},
    ]
)
IF_SOURCE: Final = st.sampled_from(
    [{}, {}, {"copy_source_if_match": "current"}, {"copy_source_if_match": '"another"'}]
)
CHECKSUMS: Final = st.sampled_from([{}, {"checksum_algorithm": "SHA256"}])
SMALL: Final = st.sampled_from([0, 1, 40, 70_000])
LARGE: Final = st.sampled_from([0, 3, 5 * MIB, 5 * MIB + 1])


def merged(*options: Any) -> Any:
    return st.tuples(*options).map(lambda several: {n: v for o in several for n, v in o.items()})


ENCRYPTED: Final = NOTHING | NOTHING | KEYED | BY_SERVICE
WRITING: Final = merged(HEADERS, CONDITIONS, ENCRYPTED, CHECKSUMS)
READING: Final = merged(LOOKING, NOTHING | NOTHING | KEYED)
SPANS: Final = st.none() | st.integers(0, 1000)


def step(name: str, *arguments: Any, **more: Any) -> Any:
    """One call as (name, positional arguments, keyword arguments)."""
    return st.tuples(st.just(name), st.tuples(*arguments), st.fixed_dictionaries(more))


ORDERS: Final = st.sampled_from([[0], [0, 1], [1, 0]])
PARTS: Final = st.just([5 * MIB, 7])
ENDS: Final = st.sampled_from(["complete", "complete", "abort", "leave"])
MODES: Final = ["prefix", "dir", "part", "versions"]
LISTING: Final = step(
    "listing",
    st.sampled_from(["", "a", "dir", "dir/", "d"]),
    st.sampled_from(MODES),
    st.none() | st.integers(1, 4),
)
UPLOAD: Final = step("upload", PATHS, PARTS, ORDERS, ENDS, merged(HEADERS, ENCRYPTED))
COPY: Final = step(
    "copy",
    PATHS,
    PATHS,
    merged(HEADERS, IF_SOURCE, NOTHING | NOTHING | KEYED, NOTHING | NOTHING | SOURCE),
)
CHANGES: Final = (
    step("write", PATHS, SMALL, WRITING)
    | step("write", PATHS, SMALL, WRITING)
    | step("stream", PATHS, LARGE, WRITING)
    | step("write", PATHS, SMALL, merged(HEADERS, CONDITIONS))
    | UPLOAD
    | COPY
    | step("copy", PATHS, PATHS, HEADERS)
    | step("delete", PATHS)
    | step("delete_batch", st.lists(PATHS, min_size=1, max_size=3, unique=True))
)
LOOKS: Final = (
    step("read", PATHS, st.integers(0, 50), SPANS, READING) | step("stat", PATHS, READING) | LISTING
)
PLAN: Final = st.lists(CHANGES | LOOKS, min_size=30, max_size=50)
OLD: Final = step("old", PATHS, st.integers(0, 3), mark=st.booleans(), drop=st.booleans())
PLAN_OF_VERSIONS: Final = st.lists(CHANGES | LISTING | OLD | OLD, min_size=20, max_size=30)
RANDOM: Final = settings(
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.large_base_example,
    ],
    database=None,
    phases=[Phase.generate],  # to find a smaller plan takes many minutes
)
Compare = Callable[[Any], None]


@cache
def plain_client(server: SeaweedFS) -> "S3Client":
    """boto3 without checksums of its own accord, as adapters use it with an endpoint."""
    client: S3Client = boto3.session.Session().client(
        "s3",
        endpoint_url=server.endpoint,
        aws_access_key_id=server.access_key,
        aws_secret_access_key=server.secret_key,
        region_name=server.location,
        verify=str(server.ca_file) if "https" in server.endpoint else None,
        config=Config(
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )
    return client


def truth(client: "S3Client", bucket: str, folder: str, keys: Sequence[bytes]) -> Outcome:
    """All that a folder holds, as boto3 sees it: content, headers, metadata, tags, encryption."""
    untyped: Any = client
    found: dict[str, Any] = {}
    pages = untyped.get_paginator("list_objects_v2")
    for page in pages.paginate(Bucket=bucket, Prefix=f"{folder}/"):
        for entry in page.get("Contents", ()):
            where = {"Bucket": bucket, "Key": entry["Key"]}
            answer = _opened(untyped, where, keys)
            body, headers = answer.pop("Body").read(), answer.pop("ResponseMetadata")
            assert headers["HTTPStatusCode"] == 200
            for changing in ("LastModified", "VersionId"):
                answer.pop(changing, None)
            tags = untyped.get_object_tagging(**where)["TagSet"]
            found[entry["Key"].removeprefix(f"{folder}/")] = (short(body), answer, tags)
    return found


def _opened(client: Any, where: dict[str, Any], keys: Sequence[bytes]) -> Any:
    """The object, with whichever of the keys opens it."""
    for key in keys:
        try:
            return client.get_object(**where, SSECustomerAlgorithm="AES256", SSECustomerKey=key)
        except ClientError:
            continue
    return client.get_object(**where)


def followed(way: Way, call: Any) -> Outcome:
    """What one step of a plan comes to."""
    name, arguments, more = call
    return outcome(lambda: getattr(way, name)(*arguments, **more))


@pytest.fixture
def compare(server: SeaweedFS, open_store: OpenStore, witness: "S3Client", bucket: str) -> Compare:
    """Follows a plan both ways, each time in new folders, and compares after each step."""
    first, plain = open_store(), plain_client(server)

    def run(plan: Any) -> None:
        folder = uuid.uuid4().hex
        store = open_store(work_dir=f"/{folder}/ours")
        store.share(first._clients)  # making a client takes longer than following a plan
        ours, theirs = Ours(store), Theirs(plain, bucket, f"{folder}/theirs")
        for call in plan:
            left, right = followed(ours, call), followed(theirs, call)
            assert left == right, f"the calls differ: {call}"
        for mode in MODES:
            assert ours.listing("", mode, None) == theirs.listing("", mode, None)
        kept = [truth(witness, bucket, f"{folder}/{name}", KEYS) for name in ("ours", "theirs")]
        assert kept[0] == kept[1]

    return run


def versioned(client: "S3Client", bucket: str) -> None:
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})


@given(plan=PLAN)
@settings(RANDOM, max_examples=8, derandomize=True)
def test_both_ways_agree(compare: Compare, plan: Any) -> None:
    compare(plan)


@given(plan=PLAN_OF_VERSIONS)
@settings(RANDOM, max_examples=4, derandomize=True)
def test_both_ways_agree_on_versions(
    compare: Compare, witness: "S3Client", bucket: str, plan: Any
) -> None:
    versioned(witness, bucket)
    compare(plan)


@pytest.mark.slow
@given(plan=PLAN)
@settings(RANDOM, max_examples=150)
def test_both_ways_agree_on_many_plans(compare: Compare, plan: Any) -> None:
    compare(plan)


@pytest.mark.slow
@given(plan=PLAN_OF_VERSIONS)
@settings(RANDOM, max_examples=60)
def test_both_ways_agree_on_many_versions(
    compare: Compare, witness: "S3Client", bucket: str, plan: Any
) -> None:
    versioned(witness, bucket)
    compare(plan)


FORGETFUL: Final[list[Any]] = [
    [("write", ("a", 3, {"content_language": "de"}), {})],
    [("write", ("a", 3, {"tagging": {"t": "v"}}), {})],
    [("write", ("a", 3, {"server_side_encryption_customer_key": KEYS[0]}), {})],
    [("write", ("a", 3, {}), {}), ("write", ("a", 4, {"if_not_exists": True}), {})],
]


@pytest.mark.parametrize("plan", FORGETFUL)
def test_the_comparison_sees_an_option_that_is_forgotten(
    compare: Compare, monkeypatch: pytest.MonkeyPatch, plan: Any
) -> None:
    compare(plan)

    def forget(_: object) -> dict[str, Any]:
        return {}

    monkeypatch.setattr(writing, "put_arguments", forget)
    with pytest.raises(AssertionError):
        compare(plan)
