"""A preview on real parts: it finds out what would change, and leaves no trace but its answer."""

from pathlib import Path
from typing import Any

from tests.support.actors.bookkeeper import preview_of, work_for
from tests.support.building import Site
from tests.support.git import folder_of_files
from trellis_contracts.changes import Direction, ResourceAction
from trellis_contracts.deployments import DeployKind
from trellis_contracts.previewing import PreviewFailed, PreviewMade, PreviewOutcome, PreviewRun
from trellis_contracts.releases import Release
from trellis_contracts.runs import RunEvent, RunSucceeded, StartRun

ONE = """
Parameters:
  Stage: {Type: String}
  Motto: {Type: String, Default: none}
  Pin: {Type: String, NoEcho: true, Default: none}
Resources:
  Orders: {Type: AWS::S3::Bucket}
  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: !Sub "${Stage}-${Motto}"}}
"""
TWO = """
Parameters:
  Stage: {Type: String}
  Motto: {Type: String, Default: none}
Resources:
  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: !Sub "${Stage}-${Motto}"}}
  Topic: {Type: AWS::SNS::Topic}
"""


def cloud(site: Site) -> list[Any]:
    """Everything in the account that a preview could have left behind."""
    client = site.account.client("cloudformation")
    stacks = [s for s in client.describe_stacks()["Stacks"] if "DELETE" not in s["StackStatus"]]
    names = sorted((stack["StackName"], stack["StackStatus"]) for stack in stacks)
    sets = [client.list_change_sets(StackName=name)["Summaries"] for name, _ in names]
    buckets = site.account.client("s3").list_buckets()["Buckets"]
    return [names, sets, sorted(bucket["Name"] for bucket in buckets)]


async def previewed(site: Site, work: StartRun) -> PreviewOutcome:
    await site.grant(work)
    await site.books.give(PreviewRun(preview=preview_of(work)))
    return await site.books.preview(work.run_id)


async def deployed(site: Site, commit: str, previous: Release | None = None) -> Release:
    run = await site.deploy(site.target("shop"), commit=commit, previous=previous)
    ended = await site.books.outcome(run.run_id)
    assert isinstance(ended, RunSucceeded), ended
    assert ended.release
    return ended.release


async def test_before_anything_runs_all_of_it_is_new_and_not_even_a_bucket_is_made(
    site: Site, tmp_path: Path
) -> None:
    first = site.forge.create_repository(
        "shop", folder_of_files(tmp_path / "shop", {"template.yaml": ONE})
    )
    work = work_for(site.target("shop"), kind=DeployKind.PROMOTE, commit=first)

    made = await previewed(site, work)

    assert isinstance(made, PreviewMade), made
    (stack,) = made.stacks
    assert (stack.new, {c.logical_id for c in stack.changes}) == (True, {"Orders", "Queue"})
    assert made.commits.direction is Direction.FIRST
    assert cloud(site) == [[], [], []]
    assert not any(isinstance(fact, RunEvent) for fact in site.books.facts)
    assert "Every change set was taken back: nothing was changed" in site.books.lines()
    assert not any(site.settings.builder_runs.iterdir())


async def test_a_step_forward_a_step_back_and_a_rollback_say_what_they_would_change(
    site: Site, tmp_path: Path
) -> None:
    first = site.forge.create_repository(
        "shop", folder_of_files(tmp_path / "shop", {"template.yaml": ONE})
    )
    one = await deployed(site, first)
    second = site.forge.commit("shop", {"template.yaml": TWO}, "Tell a topic\n\nWith a body")
    before = cloud(site)
    target = site.target("shop", variables={"Motto": "two"})

    made = await previewed(
        site, work_for(target, kind=DeployKind.PROMOTE, commit=second, previous=one)
    )

    assert isinstance(made, PreviewMade), made
    (stack,) = made.stacks
    assert (stack.changes[0].logical_id, stack.changes[0].loses_data) == ("Orders", True)
    assert {c.logical_id: c.action for c in stack.changes}["Topic"] is ResourceAction.ADD
    assert "Queue" in {c.logical_id for c in stack.changes}
    assert made.commits.direction is Direction.FORWARD
    assert [(c.sha, c.subject) for c in made.commits.commits] == [(second, "Tell a topic")]
    assert cloud(site) == before

    two = await deployed(site, second, one)
    before = cloud(site)
    older = work_for(site.target("shop"), kind=DeployKind.PROMOTE, commit=first, previous=two)
    back = await previewed(site, older)
    assert isinstance(back, PreviewMade), back
    assert (back.commits.direction, back.commits.commits) == (Direction.BACK, made.commits.commits)

    kept = work_for(
        site.target("shop"), kind=DeployKind.ROLLBACK, commit=first, release=one, previous=two
    )
    rollback = await previewed(site, kept)
    assert isinstance(rollback, PreviewMade), rollback
    assert {c.logical_id: c.action for c in rollback.stacks[0].changes} == {
        "Orders": ResourceAction.ADD,
        "Topic": ResourceAction.REMOVE,
    }
    assert cloud(site) == before


async def test_what_would_fail_says_so_as_the_deployment_would(site: Site, tmp_path: Path) -> None:
    first = site.forge.create_repository(
        "shop", folder_of_files(tmp_path / "shop", {"readme.md": "nothing to deploy"})
    )

    failed = await previewed(
        site, work_for(site.target("shop"), kind=DeployKind.PROMOTE, commit=first)
    )

    assert isinstance(failed, PreviewFailed), failed
    assert "template" in failed.sentence
    assert cloud(site) == [[], [], []]
