"""The table of 53 scenarios holds on every service, and is what the guide says."""

import gc
import logging
import warnings
from pathlib import Path

import pytest

from tests.guarantees.conftest import S3
from tests.guarantees.scenarios import SCENARIOS, Scenario, Stage, markdown
from tests.guarantees.shapes import PATH
from tests.guarantees.support import Place, collected_at_the_end

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "writer.md"
CASES = [
    pytest.param(each, kind, id=f"{each.name}-{kind}", marks=S3.marks if kind == "s3" else ())
    for each in SCENARIOS
    for kind in each.places
]


@pytest.fixture
def stage(request: pytest.FixtureRequest, kind: str) -> Stage:
    place: Place = request.getfixturevalue(f"{kind}_place")
    return Stage(place)


def ended(scenario: Scenario, stage: Stage) -> tuple[type[BaseException] | None, int]:
    """What it raises, and of how many things it warns, with all that it drops collected."""
    raised: type[BaseException] | None = None
    with collected_at_the_end(), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", RuntimeWarning)
        try:
            scenario.run(stage)
        except BaseException as error:  # noqa: BLE001 - some are no Exception
            raised = type(error)
        gc.collect()
    assert all("nothing is published" in str(warning.message) for warning in caught), caught
    return raised, len(caught) + stage.errors.count("RuntimeWarning: writer of")


def check_object(scenario: Scenario, stage: Stage) -> None:
    found = stage.place.objects()
    if scenario.object == "nothing":
        assert found == {}
        return
    assert [*found] == [PATH]
    expected = {"half": stage.half, "the old one": b"old", "whole": stage.data}
    assert scenario.decode(found[PATH]) == expected[scenario.object]


@pytest.mark.parametrize(("scenario", "kind"), CASES)
def test_scenario(scenario: Scenario, stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "storewright"):
        raised, warned = ended(scenario, stage)
    assert raised is scenario.raises
    assert warned == (scenario.says == "RuntimeWarning")
    assert (len(caplog.records) > 0) == (scenario.says == "log record"), caplog.text
    check_object(scenario, stage)
    assert (len(stage.place.leftovers()) > 0) == scenario.upload


def test_there_are_53_and_what_cannot_be_exact_is_known() -> None:
    """As many residues as in the prototype that the guarantee was chosen with: four and four."""
    assert len(SCENARIOS) == len({each.name for each in SCENARIOS}) == 53
    assert [each.name for each in SCENARIOS if each.object == "half"] == [
        "never-flushed",
        "bare-reraise",
        "closed-by-a-thread",
        "wrapper-closed-by-a-thread",
    ]
    lost = {"closed-in-except", "wrapper-in-except", "generator-resumed-in-except", "gzip-alone"}
    assert {each.says for each in SCENARIOS if each.name in lost} == {"RuntimeWarning"}
    assert all(each.object != "half" or each.name == "never-flushed" for each in inside())


def inside() -> list[Scenario]:
    return [each for each in SCENARIOS if each.group.startswith("Inside")]


def test_the_guide_tells_each() -> None:
    """`python -m tests.guarantees.scenarios` prints what belongs there."""
    assert markdown() in GUIDE.read_text()
