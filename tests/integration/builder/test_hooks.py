"""The commands before and after a deploy, on real parts."""

from pathlib import Path

from tests.support.building import Site
from tests.support.git import folder_of_files
from tests.support.until import until
from trellis_contracts.deployments import DeployKind, ReleaseDeployed
from trellis_contracts.hook_failures import AfterDeployFailed, BeforeDeployFailed
from trellis_contracts.releases import Target
from trellis_contracts.runs import RunCancelled, RunSucceeded, StepFinished
from trellis_contracts.settings import EnvironmentSettings
from trellis_contracts.steps import Step

TEMPLATE = """
Resources:
  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: hooks}}
Outputs:
  QueueName: {Value: !GetAtt Queue.QueueName}
"""


def _target(site: Site, tmp_path: Path, **settings: object) -> Target:
    site.forge.create_repository("shop", folder_of_files(tmp_path / "shop", {"t.txt": "x"}))
    site.forge.commit("shop", {"template.yaml": TEMPLATE}, "A template")
    given = EnvironmentSettings.model_validate({"region": site.account.region, **settings})
    return site.target("shop", settings=given)


def _stacks(site: Site) -> set[str]:
    listed = site.account.client("cloudformation").list_stacks()["StackSummaries"]
    return {stack["StackName"] for stack in listed if stack["StackStatus"] != "DELETE_COMPLETE"}


async def test_a_command_before_the_deploy_that_fails_leaves_the_cloud_alone(
    site: Site, tmp_path: Path
) -> None:
    command = "ls -A /workspace/synthesis-*; printenv AWS_ACCESS_KEY_ID; echo no migration; exit 4"
    run = await site.deploy(_target(site, tmp_path, before_deploy=command))
    failed = await site.books.outcome(run.run_id)

    assert isinstance(failed, BeforeDeployFailed), failed
    assert failed.exit_code == 4
    assert failed.tail[-1] == "no migration"
    assert failed.tail[-2] == f"$ {command}", "it sees neither the assembly nor a credential"
    assert "shop-development" not in _stacks(site)


async def test_the_commands_run_around_the_deploy_and_the_second_knows_the_outputs(
    site: Site, tmp_path: Path
) -> None:
    target = _target(
        site,
        tmp_path,
        before_deploy='echo "before $TRELLIS_STAGE"',
        after_deploy='echo "queue $TRELLIS_OUTPUT_QueueName"; cat "$TRELLIS_OUTPUTS"',
    )
    run = await site.deploy(target)
    done = await site.books.outcome(run.run_id)

    assert isinstance(done, RunSucceeded), done
    lines = site.books.lines()
    assert lines.index("before development") < lines.index("queue hooks")
    assert '"shop-development": {' in "".join(lines)
    steps = [fact.step for fact in site.books.facts if isinstance(fact, StepFinished)]
    assert steps[-3:] == [Step.BEFORE_DEPLOY, Step.DEPLOY, Step.AFTER_DEPLOY]

    back = await site.deploy(
        target, kind=DeployKind.ROLLBACK, release=done.release, previous=done.release
    )
    assert isinstance(await site.books.outcome(back.run_id), RunSucceeded)
    assert site.books.lines().count("before development") == 1


async def test_when_the_command_after_the_deploy_fails_what_runs_was_told(
    site: Site, tmp_path: Path
) -> None:
    run = await site.deploy(_target(site, tmp_path, after_deploy="echo it is down; exit 7"))
    failed = await site.books.outcome(run.run_id)

    assert isinstance(failed, AfterDeployFailed), failed
    assert failed.exit_code == 7
    (told,) = site.books.told(ReleaseDeployed)
    assert isinstance(told, ReleaseDeployed)
    assert [stack.stack for stack in told.release.stacks] == ["shop-development"]
    assert "shop-development" in _stacks(site)


async def test_a_run_that_is_cancelled_after_the_deploy_has_touched_the_cloud(
    site: Site, tmp_path: Path
) -> None:
    run = await site.deploy(_target(site, tmp_path, after_deploy="echo looking; sleep 60"))
    await until(lambda: "looking" in site.books.lines(), within=60)
    await site.books.cancel(run.run_id)
    ended = await site.books.outcome(run.run_id, within=30)

    assert isinstance(ended, RunCancelled), ended
    assert ended.cloud_touched
