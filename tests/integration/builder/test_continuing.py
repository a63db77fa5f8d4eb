"""A builder that is to continue a rollback asks the stack itself whether it is stuck."""

from pathlib import Path

from tests.support.building import Site
from tests.support.git import folder_of_files
from trellis_contracts.continuing import Continuation
from trellis_contracts.deployments import DeployKind
from trellis_contracts.runs import RunSucceeded, StepStarted
from trellis_contracts.stack_failures import DeployFailed
from trellis_contracts.steps import Step

TEMPLATE = "Resources: {Queue: {Type: AWS::SQS::Queue}}"


async def test_a_stack_that_is_well_is_left_alone(site: Site, tmp_path: Path) -> None:
    site.forge.create_repository(
        "shop", folder_of_files(tmp_path / "shop", {"template.yaml": TEMPLATE})
    )
    first = await site.deploy(site.target("shop"))
    ran = await site.books.outcome(first.run_id)
    assert isinstance(ran, RunSucceeded), ran
    assert ran.release

    wanted = Continuation(stack="shop-development", skip=("Queue",), reason="gone")
    asked = await site.deploy(
        site.target("shop"), kind=DeployKind.CONTINUE, previous=ran.release, continues=wanted
    )
    ended = await site.books.outcome(asked.run_id)

    assert isinstance(ended, DeployFailed), ended
    assert (ended.stack_status, ended.reason) == ("CREATE_COMPLETE", "its rollback is not stuck")
    began = [fact for fact in site.books.facts if isinstance(fact, StepStarted)]
    assert [fact.step for fact in began if fact.run_id == asked.run_id] == [Step.CONTINUE]
