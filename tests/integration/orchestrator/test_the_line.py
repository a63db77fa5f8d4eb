"""From a push to a release and back, on a real bus, a real store and a builder that only talks."""

from tests.support.actors.builder import ObedientBuilder, running_builder
from tests.support.deployments import DEVELOPMENT, PRODUCTION, STAGING, A, B, C
from tests.support.orchestration import DEPLOYED, Asker, push
from trellis_contracts import subjects
from trellis_contracts.asking import Accepted, RefusalCode, Refused
from trellis_contracts.continuing import Continuation, ContinueRollback, RollbackContinued
from trellis_contracts.deployments import (
    Cancel,
    DeployKind,
    DeployRequested,
    DeploySucceeded,
    Promote,
    RecordCloudReset,
    RequestDeploy,
    RollBack,
    TearDown,
    Trigger,
)
from trellis_contracts.names import derived_id, new_id
from trellis_contracts.runs import Instruction


async def deploy(builder: ObedientBuilder) -> None:
    answer = await builder.succeed(await builder.next_run())
    assert isinstance(answer, Accepted), answer


async def test_a_push_is_deployed(asker: Asker, builder: ObedientBuilder) -> None:
    await asker.deliver(push("second"))
    await deploy(builder)
    request, _, success = (await asker.events(subjects.environment_stream(DEVELOPMENT)))[-3:]
    assert isinstance(request, DeployRequested)
    assert (request.deployment_id, request.number) == (derived_id("second", DEVELOPMENT), 2)
    assert (request.trigger, request.delivery, request.commit) == (Trigger.PUSH, "second", B)
    assert isinstance(success, DeploySucceeded)
    assert success.release.commit == B
    await asker.until_routed("second")
    recorded = await asker.recorded(subjects.delivery_stream("second"))
    assert [about.envelope.actor for about in recorded] == ["forge:ana-bot-"] * 2


async def test_it_is_promoted_rolled_back_and_torn_down(
    asker: Asker, builder: ObedientBuilder
) -> None:
    await asker.deliver(push("second"))
    await deploy(builder)

    await asker.accepted(Promote(environment_id=PRODUCTION, source=DEVELOPMENT))
    promotion = await builder.next_run()
    assert (promotion.kind, promotion.commit) == (DeployKind.PROMOTE, B)
    assert promotion.target.production
    await builder.succeed(promotion)

    await asker.accepted(RollBack(environment_id=DEVELOPMENT))
    rollback = await builder.next_run()
    assert (rollback.kind, rollback.commit) == (DeployKind.ROLLBACK, A)
    assert rollback.release is not None
    assert rollback.previous is not None
    assert (rollback.release.commit, rollback.previous.commit) == (A, B)
    await builder.succeed(rollback)

    await asker.accepted(TearDown(environment_id=DEVELOPMENT, confirm="development"))
    teardown = await builder.next_run()
    assert teardown.release == rollback.release
    await builder.succeed(teardown)
    assert (await asker.names())[-1] == "EnvironmentTornDown"
    assert tuple(await asker.names(PRODUCTION)) == DEPLOYED


async def test_the_newest_waiting_push_wins(asker: Asker, builder: ObedientBuilder) -> None:
    await asker.deliver(push("second", before=A, after=B))
    running = await builder.next_run()
    await asker.deliver(push("third", before=B, after=C))
    await asker.deliver(push("fourth", before=C, after=A))
    await asker.until("DeployRequested", "DeployRequested", "DeploySuperseded")
    await builder.succeed(running)
    last = await builder.next_run()
    assert (last.number, last.commit) == (4, A)


async def test_a_running_deployment_is_cancelled_by_its_run(
    asker: Asker, builder: ObedientBuilder
) -> None:
    asked = await asker.accepted(RequestDeploy(environment_id=DEVELOPMENT, branch="main"))
    assert asked.subject is not None
    work = await builder.next_run()
    await builder.start(work)
    assert await builder.beat(work) is Instruction.PROCEED
    cancel = Cancel(environment_id=DEVELOPMENT, deployment_id=asked.subject)
    assert (await asker.accepted(cancel)).events == ("CancelRequested",)
    assert await builder.next_cancel() == work.run_id
    assert await builder.beat(work) is Instruction.CANCEL
    await builder.end(work)
    assert (await asker.names())[-1] == "DeployCancelled"
    assert await builder.beat(work) is Instruction.STOP


async def test_what_no_builder_has_taken_is_cancelled_at_once(asker: Asker) -> None:
    waiting = derived_id("first", DEVELOPMENT)
    answer = await asker.accepted(Cancel(environment_id=DEVELOPMENT, deployment_id=waiting))
    assert answer.events == ("DeployCancelled",)


async def test_a_run_that_errs_is_made_good_by_one_more(
    asker: Asker, builder: ObedientBuilder
) -> None:
    await asker.deliver(push("second"))
    first = await builder.next_run()
    await builder.start(first)
    await builder.err(first)
    second = await builder.next_run()
    assert (second.attempt, second.fence) == (2, first.fence + 1)
    late = await builder.tell(first, builder.success(first))
    assert isinstance(late, Refused)
    assert late.code is RefusalCode.STALE
    await builder.succeed(second)
    assert (await asker.names())[-1] == "DeploySucceeded"


async def test_a_run_is_taken_by_one_builder(
    asker: Asker, builder: ObedientBuilder, nats_url: str
) -> None:
    await asker.deliver(push("second"))
    work = await builder.next_run()
    assert isinstance(await builder.start(work), Accepted)
    async with running_builder(nats_url, name="other") as other:
        refused = await other.start(work)
    assert isinstance(refused, Refused)
    assert refused.rule == "run-is-another-builders"
    again = await builder.tell(work, builder.success(work), id_=new_id())
    assert isinstance(again, Accepted)


async def test_a_repeated_command_changes_nothing_even_after_later_ones(
    asker: Asker, builder: ObedientBuilder
) -> None:
    command, id_ = RequestDeploy(environment_id=DEVELOPMENT, commit=B), new_id()
    first = await asker.accepted(command, id_=id_)
    await deploy(builder)
    await asker.accepted(RequestDeploy(environment_id=DEVELOPMENT, commit=C))
    await deploy(builder)
    before = await asker.names()
    assert await asker.ask(command, id_=id_) == first
    assert first.subject == id_
    assert await asker.names() == before


async def test_a_repeated_fact_is_answered_again_after_its_run_has_ended(
    asker: Asker, builder: ObedientBuilder
) -> None:
    await asker.deliver(push("second"))
    work = await builder.next_run()
    await builder.succeed(work)
    before = await asker.names()
    first = derived_id(work.run_id, "fact", 0)
    last = derived_id(work.run_id, "fact", 5)
    assert isinstance(await builder.say(work, builder.taken(work), id_=first), Accepted)
    assert isinstance(await builder.say(work, builder.success(work), id_=last), Accepted)
    assert await asker.names() == before


async def test_simulate_answers_the_same_and_stores_nothing(asker: Asker) -> None:
    await asker.ask(RequestDeploy(environment_id=STAGING, commit=A), dry_run=True)
    answer = await asker.ask(RequestDeploy(environment_id=STAGING, commit=A), dry_run=True)
    assert isinstance(answer, Accepted)
    assert answer.events == ("DeployRequested", "DeployStarted")
    assert answer.position is None
    assert await asker.names(STAGING) == []


async def test_a_refusal_says_what_to_do(asker: Asker) -> None:
    answer = await asker.ask(RequestDeploy(environment_id=PRODUCTION, commit=A))
    assert isinstance(answer, Refused)
    assert (answer.code, answer.rule) == (RefusalCode.CONFLICT, "production-is-promoted-to")
    assert "promote it from there" in answer.sentence


async def test_what_a_local_aws_forgot_is_gone(asker: Asker, builder: ObedientBuilder) -> None:
    same = await asker.accepted(RecordCloudReset(instance="first"))
    assert same.events == ()
    answer = await asker.accepted(RecordCloudReset(instance="second"))
    assert answer.events == ("ReleaseVanished",)
    assert (await asker.names())[-1] == "ReleaseVanished"
    await asker.accepted(RollBack(environment_id=DEVELOPMENT))
    work = await builder.next_run()
    assert (work.commit, work.previous) == (A, None)


async def test_a_stuck_rollback_goes_on_when_a_person_says_without_what(
    asker: Asker, builder: ObedientBuilder
) -> None:
    builder.heads["main"] = B  # or the remote, asked late, has the old commit deployed
    await asker.deliver(push("second"))
    work = await builder.next_run()
    stack = work.target.stack_name
    await builder.get_stuck(work, "Topic")

    wanted = Continuation(stack=stack, skip=("Topic",), reason="deleted by hand")
    await asker.accepted(ContinueRollback(environment_id=DEVELOPMENT, continuation=wanted))
    run = await builder.next_run()
    assert (run.kind, run.continues) == (DeployKind.CONTINUE, wanted)
    assert run.previous is not None
    assert run.previous.commit == A
    await builder.succeed(run)

    request, _, ended = (await asker.recorded(subjects.environment_stream(DEVELOPMENT)))[-3:]
    assert isinstance(ended.event, RollbackContinued)
    assert (request.envelope.actor, ended.event.continuation) == ("person:ana", wanted)
