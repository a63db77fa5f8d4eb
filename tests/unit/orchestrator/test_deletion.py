"""An application that is to go takes teardowns only, and goes when nothing of it is left."""

import pytest

from services.orchestrator.domain.connected import ApplicationState, Deleted
from services.orchestrator.domain.environment import evolve as evolve_environment
from services.orchestrator.domain.lifecycle_refusals import IllegalDeletion, IllegalLeaving
from services.orchestrator.domain.refusals import IllegalApplication, IllegalRecreation
from services.orchestrator.domain.slot import Environment
from tests.support.asking import ask as ask_environment
from tests.support.deployments import (
    CREATE_SHOP,
    DEVELOPMENT,
    SHOP,
    STAGING,
    A,
    deployed,
    requested,
    shop,
    started,
    torn_down,
)
from tests.support.lifecycles import EMPTY, SPEC, ask, given
from tests.support.spec import Spec
from trellis_contracts.applications import (
    AddEnvironment,
    CredentialsStored,
    RecordCredentials,
)
from trellis_contracts.deployments import (
    DeployKind,
    Promote,
    Redeploy,
    RequestDeploy,
    RollBack,
    TearDown,
    Trigger,
)
from trellis_contracts.lifecycles import (
    ApplicationDeleted,
    ApplicationDeletionRequested,
    ChangeFolder,
    ConcludeDeletion,
    DeleteApplication,
    RemoveEnvironment,
    RenameApplication,
    RenameEnvironment,
    ReorderEnvironments,
    RepointRepository,
)
from trellis_contracts.message import Message

ENVIRONMENT = Spec(Environment(), evolve_environment)
DELETE = DeleteApplication(application_id=SHOP, confirm="shop")
CONCLUDE = ConcludeDeletion(application_id=SHOP)
LEAVING = ApplicationDeletionRequested(application_id=SHOP)
GONE = ApplicationDeleted(application_id=SHOP, name="shop")
AT_STAGING = {"application_id": SHOP, "environment_id": STAGING}


class TestAsking:
    def test_it_is_recorded(self) -> None:
        given().when(ask(DELETE)).then(LEAVING)

    def test_asked_again_it_is_recorded_again_so_that_what_failed_is_tried_again(self) -> None:
        given(LEAVING).when(ask(DELETE)).then(LEAVING)
        assert shop(LEAVING, LEAVING).deletions == 2

    def test_it_is_confirmed_by_the_name(self) -> None:
        command = DELETE.model_copy(update={"confirm": "yes"})
        given().when(ask(command)).then_raises(IllegalDeletion, saying="application's name, shop")


class TestLeaving:
    @pytest.mark.parametrize(
        "command",
        [
            AddEnvironment(**AT_STAGING, name="qa"),
            ChangeFolder(application_id=SHOP, folder="api"),
            RemoveEnvironment(**AT_STAGING, confirm="staging"),
            RenameApplication(application_id=SHOP, name="store"),
            RenameEnvironment(**AT_STAGING, name="canary"),
            ReorderEnvironments(application_id=SHOP, environments=(STAGING,)),
            RepointRepository(
                application_id=SHOP,
                repository="https://github.com/acme/store",
                repository_name="acme/store",
            ),
        ],
        ids=lambda command: type(command).__name__,
    )
    def test_nothing_of_it_is_changed(self, command: Message) -> None:
        given(LEAVING).when(ask(command)).then_raises(  # type: ignore[arg-type]  # each is one
            IllegalLeaving, saying="shop is being deleted"
        )

    @pytest.mark.parametrize(
        "command",
        [
            RequestDeploy(environment_id=DEVELOPMENT),
            RequestDeploy(
                environment_id=DEVELOPMENT, branch="main", commit=A, trigger=Trigger.PUSH
            ),
            Redeploy(environment_id=DEVELOPMENT),
            RollBack(environment_id=DEVELOPMENT),
            Promote(environment_id=DEVELOPMENT, source=STAGING),
        ],
        ids=lambda command: type(command).__name__,
    )
    def test_nothing_is_deployed(self, command: Promote) -> None:
        ENVIRONMENT.given(*deployed(1)).when(ask_environment(command, after=[LEAVING])).then_raises(
            IllegalLeaving, saying="teardowns only"
        )

    def test_it_is_torn_down(self) -> None:
        command = TearDown(environment_id=DEVELOPMENT, confirm="development")
        wanted, start = ask_environment(command, number=2, after=[LEAVING])(
            ENVIRONMENT.given(*deployed(1)).state
        )
        assert getattr(wanted, "kind", None) is DeployKind.TEARDOWN
        assert start == started(2, late=True)

    def test_no_branch_deploys_by_itself_nor_is_looked_at(self) -> None:
        assert shop().bound_to("main") == (DEVELOPMENT,)
        assert shop(LEAVING).bound_to("main") == ()
        assert shop(LEAVING).followed() == ()

    def test_credentials_with_which_a_teardown_succeeds_are_taken(self) -> None:
        given(LEAVING).when(ask(RecordCredentials(**AT_STAGING, version=1))).then(
            CredentialsStored(**AT_STAGING, version=1)
        )


class TestTheEnd:
    def test_it_comes_when_nothing_is_left(self) -> None:
        given(LEAVING).when(ask(CONCLUDE)).then(GONE)

    def test_it_does_not_come_unasked(self) -> None:
        given().when(ask(CONCLUDE)).then_nothing()

    @pytest.mark.parametrize(
        "events",
        [deployed(1), (requested(1),), (requested(1), started(1))],
        ids=["runs something", "one waits", "one runs"],
    )
    def test_it_waits_for_what_is_left(self, events: tuple[Message, ...]) -> None:
        held = {**EMPTY, DEVELOPMENT: ENVIRONMENT.given(*events).state}
        given(LEAVING).when(ask(CONCLUDE, held=held)).then_nothing()

    def test_what_was_torn_down_is_clear(self) -> None:
        events = (*deployed(1), requested(2, kind=DeployKind.TEARDOWN), started(2), torn_down(2))
        assert ENVIRONMENT.given(*events).state.is_clear

    def test_afterwards_there_is_no_such_application(self) -> None:
        for command in (DELETE, CONCLUDE, RenameApplication(application_id=SHOP, name="store")):
            with pytest.raises(IllegalApplication):
                ask(command)(_after_the_end())

    def test_its_id_is_not_used_again(self) -> None:
        with pytest.raises(IllegalRecreation, match="shop"):
            ask(CREATE_SHOP)(_after_the_end())


def _after_the_end() -> ApplicationState:
    created = ask(CREATE_SHOP)(SPEC.initial)
    state = SPEC.given(*created, LEAVING, GONE).state
    assert state == Deleted("shop")
    return state
