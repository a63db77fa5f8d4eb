"""Histories that were stored by earlier versions load to what they amounted to then."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any, get_args

import pytest

from services.orchestrator.domain import application, environment
from services.orchestrator.domain.connected import NotCreated
from services.orchestrator.domain.slot import Environment
from tests.support import application_replays
from tests.support.replays import FOLDER, facts_of
from trellis_contracts import codec
from trellis_contracts.applications import ApplicationEvent

HISTORIES = sorted(FOLDER.glob("*.json"))


def test_there_are_histories_of_every_kind_of_thing_that_happens() -> None:
    told = {event["type"] for path in HISTORIES for event in json.loads(path.read_text())["events"]}

    assert told >= {
        "AutomaticHeld", "DeployCancelled", "DeployGated", "DeployRequested", "DeploySkipped",
        "DeployStarted", "DeploySucceeded", "DeploySuperseded", "EnvironmentTornDown",
        "FreezeOverridden", "HoldLifted", "PromotionApproved", "RunLost", "TestsFailed",
        "AfterDeployFailed", "ReleaseDeployed", "RollbackContinued", "RunSilent", "StackStuck",
    }  # fmt: skip
    assert told >= {event.__name__ for event in get_args(ApplicationEvent)} - _ENDS


_ENDS = {"ApplicationDeletionRequested", "ApplicationDeleted", "SecretRemoved", "CloneTokenStored"}
"""What an application that lives on has not seen, and what is as simple as its opposite."""


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: path.stem)
def test_a_stored_history_loads_to_the_same_state(path: Path) -> None:
    stored = json.loads(path.read_text())
    of_application = "-application-" in path.stem
    noun = application if of_application else environment
    state: Any = NotCreated() if of_application else Environment()
    for event in stored["events"]:
        read = codec.decode(event["type"], event["version"], json.dumps(event["body"]))
        state = noun.evolve(state, read, at=datetime.fromisoformat(event["at"]))

    facts = application_replays.facts_of(state) if of_application else facts_of(state)
    assert json.loads(json.dumps(facts)) == stored["facts"]
