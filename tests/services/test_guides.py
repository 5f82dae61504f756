"""The examples in the guides of the services are run, and print what stands there."""

import doctest
import re
from pathlib import Path

import pytest

from storewright.testing.servers import Azurite, FakeGcs

GUIDES = Path(__file__).parents[2] / "docs" / "guides"
_OPTIONS = doctest.ELLIPSIS | doctest.REPORT_ONLY_FIRST_FAILURE


def check_examples(name: str) -> None:
    """Run what the guide shows of a session of Python, from its beginning to its end."""
    text = (GUIDES / name).read_text()
    blocks = re.findall(r"^```pycon\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    examples = doctest.DocTestParser().get_doctest("".join(blocks), {}, name, name, 0)
    said: list[str] = []
    found = doctest.DocTestRunner(optionflags=_OPTIONS).run(examples, out=said.append)
    assert (found.attempted > 10, found.failed) == (True, 0), "".join(said)


@pytest.mark.server
def test_gcs(fake_gcs: FakeGcs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", fake_gcs.endpoint)
    check_examples("gcs.md")


@pytest.mark.server
def test_azblob(azurite: Azurite, monkeypatch: pytest.MonkeyPatch) -> None:
    text = f"AccountName={azurite.account};AccountKey={azurite.key};BlobEndpoint={azurite.endpoint}"
    monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", text)
    check_examples("azblob.md")
