"""Histories that were stored by earlier versions load to what they amounted to then."""

import json
from datetime import datetime
from pathlib import Path

import pytest

from services.orchestrator.domain import environment
from services.orchestrator.domain.slot import Environment
from tests.support.replays import FOLDER, facts_of
from trellis_contracts import codec

HISTORIES = sorted(FOLDER.glob("*.json"))


def test_there_are_histories_of_every_kind_of_thing_that_happens() -> None:
    told = {event["type"] for path in HISTORIES for event in json.loads(path.read_text())["events"]}

    assert told >= {
        "AutomaticHeld", "DeployCancelled", "DeployGated", "DeployRequested", "DeploySkipped",
        "DeployStarted", "DeploySucceeded", "DeploySuperseded", "EnvironmentTornDown",
        "FreezeOverridden", "HoldLifted", "PromotionApproved", "RunLost", "TestsFailed",
    }  # fmt: skip


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: path.stem)
def test_a_stored_history_loads_to_the_same_state(path: Path) -> None:
    stored = json.loads(path.read_text())
    state = Environment()
    for event in stored["events"]:
        read = codec.decode(event["type"], event["version"], json.dumps(event["body"]))
        state = environment.evolve(state, read, at=datetime.fromisoformat(event["at"]))

    assert json.loads(json.dumps(facts_of(state))) == stored["facts"]
