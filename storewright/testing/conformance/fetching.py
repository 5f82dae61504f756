"""Fetching content from the web."""

import pytest

from storewright.storage import Fetcher, PathInvalid, StorageError
from storewright.testing.conformance.harness import Harness, OpenStore, blob
from storewright.testing.conformance.selection import each, has, when
from storewright.testing.conformance.web import Web

__all__ = ["Fetching"]

CONTENT = blob(700_000)


@when(has(Fetcher))
class Fetching(Harness):
    """``fetch``."""

    @pytest.fixture
    def fetcher(self, open_store: OpenStore) -> Fetcher:
        """A store that fetches, with an object at "old"."""
        store = self.ask(open_store, Fetcher)
        store.write("old", b"old")
        return store

    def test_fetch(self, fetcher: Fetcher, web: Web) -> None:
        fetcher.fetch("sub/new", web.serve(CONTENT))
        assert fetcher.read_bytes("sub/new") == CONTENT

    def test_fetch_replaces(self, fetcher: Fetcher, web: Web) -> None:
        fetcher.fetch("old", web.serve(CONTENT))
        assert fetcher.read_bytes("old") == CONTENT

    def test_fetch_nothing(self, fetcher: Fetcher, web: Web) -> None:
        fetcher.fetch("old", web.serve(b""))
        assert fetcher.stat("old").content_length == 0

    def test_fetch_follows_redirects(self, fetcher: Fetcher, web: Web) -> None:
        fetcher.fetch("old", web.moved(CONTENT))
        assert fetcher.read_bytes("old") == CONTENT

    @each("kind", lambda _: ["missing", "forbidden", "broken", "throttled"])
    def test_failed_fetch_leaves_the_old_object(
        self, fetcher: Fetcher, web: Web, kind: str
    ) -> None:
        self.assert_fails(fetcher, web.failing(kind))

    def test_cut_fetch_leaves_the_old_object(self, fetcher: Fetcher, web: Web) -> None:
        self.assert_fails(fetcher, web.cut(CONTENT))

    @each("url", lambda _: ["http://127.0.0.1:9/", "file:///etc/passwd", "no url", ""])
    def test_bad_url_leaves_the_old_object(self, fetcher: Fetcher, url: str) -> None:
        self.assert_fails(fetcher, url)

    def test_failing_services_may_be_asked_again(self, fetcher: Fetcher, web: Web) -> None:
        retryable = {"missing": False, "forbidden": False, "broken": True, "throttled": True}
        for kind, again in retryable.items():
            assert self.assert_fails(fetcher, web.failing(kind)).retryable == again

    def assert_fails(self, fetcher: Fetcher, url: str) -> StorageError:
        """The fetch fails, and changes nothing."""
        with pytest.raises(StorageError) as caught:
            fetcher.fetch("old", url)
        with pytest.raises(StorageError):
            fetcher.fetch("new", url)
        assert fetcher.read_bytes("old") == b"old"
        assert not self.exists(fetcher, "new")
        assert (caught.value.op, caught.value.path) == ("fetch", "old")
        return caught.value

    def test_fetch_never_leaves_work_dir(self, fetcher: Fetcher, web: Web) -> None:
        with pytest.raises(PathInvalid):
            fetcher.fetch("../new", web.serve(CONTENT))
