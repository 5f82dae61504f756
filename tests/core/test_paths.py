import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from storewright.core.errors import PathInvalid
from storewright.core.paths import WorkDir, check_path

AWKWARD = st.sampled_from(
    ["/", "//", ".", "..", "...", "\\", "a", "b", " ", "\n", "ä", "😀", "%2F", "\0"]
)
TEXT = st.lists(AWKWARD | st.text(max_size=2), max_size=8).map("".join)


def is_valid(path: str) -> bool:
    return "\0" not in path and ".." not in path.split("/")


PATHS = TEXT.filter(is_valid)
WORK_DIRS = PATHS.map(lambda text: WorkDir("/" + text))


@given(TEXT)
def test_only_nul_and_dot_dot_segments_are_refused(path: str) -> None:
    if is_valid(path):
        assert check_path(path) is path
    else:
        with pytest.raises(PathInvalid) as caught:
            check_path(path)
        assert caught.value.path == path


@pytest.mark.parametrize("path", ["..", "../a", "a/..", "a/../b", "/..", "a\0b"])
def test_refused_paths(path: str) -> None:
    for method in (WorkDir("/w").key, WorkDir("/w").object_key, check_path):
        with pytest.raises(PathInvalid):
            method(path)
    for directory in (True, False):
        with pytest.raises(PathInvalid):
            WorkDir("/w").list_prefix(path, directory)


@pytest.mark.parametrize(
    "path", ["...", "..a", "a..", "a/..b", "..\\a", "a\\..\\b", "./a", "a/./b"]
)
def test_names_with_dots_and_backslashes_are_ordinary(path: str) -> None:
    assert WorkDir("/w").key(path) == "w/" + path


@pytest.mark.parametrize("path", [None, b"a", 5])
def test_a_path_is_a_str(path: object) -> None:
    untyped = getattr(WorkDir("/"), "key")  # noqa: B009  (as a caller without a type checker)
    with pytest.raises(PathInvalid, match="path must be str, not "):
        untyped(path)


@given(WORK_DIRS, PATHS)
def test_nothing_leaves_work_dir(work_dir: WorkDir, path: str) -> None:
    try:
        key = work_dir.key(path)
    except PathInvalid:
        assert path.startswith("/")
        assert not path.startswith(work_dir.prefix)
    else:
        assert key.startswith(work_dir.key_prefix)
        assert is_valid(key)
    for directory in (True, False):
        try:
            prefix = work_dir.list_prefix(path, directory)
        except PathInvalid:
            assert path.startswith("/")
        else:
            assert prefix.startswith(work_dir.key_prefix)


@given(WORK_DIRS, PATHS)
def test_the_path_of_a_key_is_the_inverse(work_dir: WorkDir, rest: str) -> None:
    key = work_dir.key_prefix + rest
    assert work_dir.key(work_dir.path(key)) == key


@given(WORK_DIRS, PATHS)
def test_a_relative_path_comes_back_unchanged(work_dir: WorkDir, path: str) -> None:
    assume(not path.startswith("/"))
    assert work_dir.path(work_dir.key(path)) == path


@given(WORK_DIRS, PATHS, PATHS)
def test_different_paths_are_different_keys(work_dir: WorkDir, one: str, other: str) -> None:
    assume(not one.startswith("/"))
    assume(not other.startswith("/"))
    assert (work_dir.key(one) == work_dir.key(other)) is (one == other)


@given(WORK_DIRS, PATHS)
def test_a_relative_path_and_its_absolute_form_are_the_same(work_dir: WorkDir, path: str) -> None:
    assume(not path.startswith("/"))
    assert work_dir.key(work_dir.prefix + path) == work_dir.key(path)


@given(WORK_DIRS, PATHS, PATHS)
def test_a_directory_prefix_holds_exactly_what_is_below(
    work_dir: WorkDir, directory: str, name: str
) -> None:
    assume(not directory.startswith("/"))
    prefix = work_dir.list_prefix(directory, directory=True)
    assert prefix == work_dir.key_prefix or prefix.endswith("/")
    below = f"{directory.rstrip('/')}/{name}" if directory.rstrip("/") else name
    if directory.endswith("//") or below.startswith("/"):
        return  # empty segments are names of their own
    assert work_dir.key(below).startswith(prefix)


@pytest.mark.parametrize(
    ("text", "prefix", "key_prefix"),
    [
        ("/", "/", ""),
        ("", "/", ""),
        ("/a", "/a/", "a/"),
        ("/a/", "/a/", "a/"),
        ("/a//b", "/a//b/", "a//b/"),
    ],
)
def test_a_work_dir_is_a_directory(text: str, prefix: str, key_prefix: str) -> None:
    work_dir = WorkDir(text)
    assert (work_dir.prefix, work_dir.key_prefix) == (prefix, key_prefix)
    assert work_dir == WorkDir(prefix)
    assert hash(work_dir) == hash(WorkDir(prefix))
    assert work_dir != prefix
    assert str(work_dir) == prefix


def test_the_default_is_the_root() -> None:
    assert WorkDir() == WorkDir("/")


@pytest.mark.parametrize("text", ["a", "a/b", "./a", "\\a", "/a/../b", "/a\0"])
def test_a_bad_work_dir_is_refused(text: str) -> None:
    with pytest.raises(PathInvalid):
        WorkDir(text)


@pytest.mark.parametrize(
    ("path", "key"),
    [("a", "w/a"), ("a/", "w/a/"), ("", "w/"), ("/w/a", "w/a"), ("/w/", "w/"), ("/w//a", "w//a")],
)
def test_keys(path: str, key: str) -> None:
    assert WorkDir("/w").key(path) == key
    assert WorkDir("/w/").key(path) == key


@pytest.mark.parametrize("path", ["/", "/a", "/w", "/wa", "/W/a", "//w/a"])
def test_absolute_paths_outside_are_refused(path: str) -> None:
    with pytest.raises(PathInvalid, match=r"outside work_dir '/w/'"):
        WorkDir("/w").key(path)


def test_at_the_root_keys_have_no_leading_slash_unless_it_is_theirs() -> None:
    root = WorkDir("/")
    assert root.key("a") == root.key("/a") == "a"
    assert root.key("//a") == "/a"
    assert root.path("/a") == "//a"
    assert root.path("a") == "a"


@pytest.mark.parametrize("path", ["", "/w/"])
def test_work_dir_is_no_object(path: str) -> None:
    with pytest.raises(PathInvalid, match="names work_dir"):
        WorkDir("/w").object_key(path)


def test_object_keys_are_keys() -> None:
    assert WorkDir("/w").object_key("a/") == "w/a/"


@pytest.mark.parametrize(
    ("work_dir", "path", "directory", "prefix"),
    [
        ("/", "", True, ""),
        ("/", "", False, ""),
        ("/", "/", True, ""),
        ("/", "a", True, "a/"),
        ("/", "a/", True, "a/"),
        ("/", "a", False, "a"),
        ("/w", "", True, "w/"),
        ("/w", "", False, "w/"),
        ("/w", "/w", True, "w/"),
        ("/w", "/w/", True, "w/"),
        ("/w", "a", True, "w/a/"),
        ("/w", "a", False, "w/a"),
        ("/w", "a//", True, "w/a//"),
    ],
)
def test_list_prefixes(work_dir: str, path: str, directory: bool, prefix: str) -> None:
    assert WorkDir(work_dir).list_prefix(path, directory) == prefix


@pytest.mark.parametrize(("path", "directory"), [("/", True), ("/", False), ("/w", False)])
def test_listing_outside_is_refused(path: str, directory: bool) -> None:
    with pytest.raises(PathInvalid):
        WorkDir("/w").list_prefix(path, directory)


@pytest.mark.parametrize("key", ["", "w", "wa", "/w/a"])
def test_a_key_outside_has_no_path(key: str) -> None:
    with pytest.raises(PathInvalid):
        WorkDir("/w").path(key)


@pytest.mark.parametrize("path", ["\udcff", "a/\ud83d", "/w/\udc80/b"])
def test_what_is_no_unicode_is_refused_where_the_service_takes_only_that(path: str) -> None:
    assert WorkDir("/w").key(path)
    strict = WorkDir("/w", unicode=True)
    for method in (strict.key, strict.object_key):
        with pytest.raises(PathInvalid, match="UTF-8"):
            method(path)
    for directory in (True, False):
        with pytest.raises(PathInvalid, match="UTF-8"):
            strict.list_prefix(path, directory)
    with pytest.raises(PathInvalid, match="UTF-8"):
        WorkDir(f"/{path}", unicode=True)
    assert strict.key("ä/😀") == "w/ä/😀"
