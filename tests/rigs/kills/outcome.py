"""What a story came to: all that must be the same whether anything was killed or not."""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, fields

from services.chassis.event_store.port import EventStore
from services.chassis.recording import to_recorded
from tests.rigs.kills.story import Story
from tests.support.aws import AwsAccount
from trellis_contracts.message import Message
from trellis_contracts.names import RunId
from trellis_contracts.pushes import PushRouted
from trellis_contracts.subjects import delivery_stream, environment_stream

_OF_ATTEMPTS = {"DeployStarted", "RunLost", "RunAbandoned", "RunErrored"}
"""How often a run was tried is the one thing that a kill may change."""

_ROUTED_WITHIN = 20.0


@dataclass(frozen=True)
class Outcome:
    """One story, without ids and times."""

    deployments: dict[str, list[tuple[int, str, str, int]]]
    """By environment: number, kind, state, which commit."""
    runs: dict[str, int | None]
    """By environment: which commit it runs."""
    decided: dict[str, dict[str, int]]
    """By environment: how many events of each type."""
    cloud: dict[str, list[str]]
    """By environment: what happened to each stack, in order."""
    routed: list[int]
    """Of each acknowledged delivery: how often it was routed."""
    gaps: int
    """Runs whose lines are not numbered without a gap."""

    def other_than(self, undisturbed: "Outcome") -> list[str]:
        """Say each difference."""
        return [
            f"{field.name}: {getattr(self, field.name)}, undisturbed "
            f"{getattr(undisturbed, field.name)}"
            for field in fields(self)
            if getattr(self, field.name) != getattr(undisturbed, field.name)
        ]


async def outcome_of(story: Story, store: EventStore, account_in: AwsAccount) -> Outcome:
    """Ask the views, the history, the cloud and the logs about a story that has ended."""
    assert story.created
    application = await story.api.application(story.created.application_id)
    shown = {one.name: one for one in application.environments if one.name in story.accounts}
    views = {
        name: sorted(await story.api.deployments(one.environment_id), key=lambda view: view.number)
        for name, one in shown.items()
    }
    return Outcome(
        deployments={
            name: [(v.number, v.kind, v.state, _which(story, v.commit)) for v in found]
            for name, found in views.items()
        },
        runs={
            name: _which(story, one.release.commit) if one.release else None
            for name, one in shown.items()
        },
        decided={name: await _decided(story, store, name) for name in shown},
        cloud={
            name: _cloud(account_in, account, story) for name, account in story.accounts.items()
        },
        routed=[await _routed(store, delivery) for delivery in story.deliveries],
        gaps=sum(
            [
                await _has_gaps(story, run.run_id)
                for found in views.values()
                for view in found
                for run in view.runs
            ]
        ),
    )


def _which(story: Story, commit: str | None) -> int:
    return story.commits.index(commit) + 1 if commit in story.commits else 0


async def _decided(story: Story, store: EventStore, environment: str) -> dict[str, int]:
    stream = environment_stream(story.at(environment).environment_id)
    counted = Counter(type(event).__name__ for event in await _events(store, stream))
    return {name: count for name, count in sorted(counted.items()) if name not in _OF_ATTEMPTS}


async def _routed(store: EventStore, delivery: str) -> int:
    """Count, once there is one: what a killed process had in its hands waits for a while."""
    routed, give_up = 0, time.monotonic() + _ROUTED_WITHIN
    while not routed and time.monotonic() < give_up:
        events = await _events(store, delivery_stream(delivery))
        routed = sum(isinstance(event, PushRouted) for event in events)
        await asyncio.sleep(0.1)
    return routed


async def _events(store: EventStore, stream: str) -> list[Message]:
    return [to_recorded(one, previous=None).event async for one in store.read_stream(stream)]


def _cloud(account_in: AwsAccount, account: str, story: Story) -> list[str]:
    """Every end that an operation on a stack came to, oldest first; shells of none have none."""
    aws = AwsAccount(id=account, region=account_in.region, local_aws=account_in.local_aws)
    client = aws.client("cloudformation")
    ends: list[tuple[object, str]] = []
    for page in client.get_paginator("list_stacks").paginate():
        for stack in page["StackSummaries"]:
            events = client.get_paginator("describe_stack_events")
            for answer in events.paginate(StackName=stack["StackId"]):
                ends += [
                    (one["Timestamp"], f"{stack['StackName']} {one['ResourceStatus']}")
                    for one in answer["StackEvents"]
                    if one["LogicalResourceId"] == stack["StackName"]
                    and not one["ResourceStatus"].endswith("_IN_PROGRESS")
                ]
    return [
        what.removeprefix(f"{story.name}-") for _, what in sorted(ends, key=lambda end: str(end[0]))
    ]


async def _has_gaps(story: Story, run: RunId) -> bool:
    page = await story.api.lines(run)
    numbers = [line.seq for line in page.lines]
    return numbers != list(range(len(numbers)))
