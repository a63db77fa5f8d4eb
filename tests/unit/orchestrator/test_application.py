"""How an application comes to be, and how its environments are set."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import pytest

from services.orchestrator.domain.application import ApplicationQuestion, decide, evolve
from services.orchestrator.domain.connected import ApplicationState, NotCreated, Surroundings
from services.orchestrator.domain.refusals import (
    IllegalApplication,
    IllegalAutomatic,
    IllegalEnvironment,
    IllegalName,
    IllegalRecreation,
    IllegalRemoval,
    IllegalSecret,
    IllegalSize,
    IllegalUnbound,
    IllegalVariable,
    IllegalVersion,
)
from tests.support.deployments import (
    CREATE_SHOP,
    DEVELOPMENT,
    PRODUCTION,
    SHOP,
    STAGING,
    A,
    B,
    deployment,
    shop,
)
from tests.support.spec import BEGAN, NOW, Given, Spec
from trellis_contracts.applications import (
    ApplicationCreated,
    ApplicationEvent,
    CloneTokenStored,
    ConfigureEnvironment,
    CredentialsStored,
    EnvironmentAdded,
    EnvironmentConfigured,
    RecordCloneToken,
    RecordCredentials,
    RecordSecret,
    RemoveSecret,
    RemoveVariable,
    SecretRemoved,
    SecretStored,
    SetVariable,
    VariableRemoved,
    VariableSet,
)
from trellis_contracts.message import Message
from trellis_contracts.pushes import BranchHeadObserved, BranchUnobservable, HeadSource
from trellis_contracts.settings import EnvironmentSettings, SettingsChange

NOTHING: ApplicationState = NotCreated()
SPEC = Spec(NOTHING, evolve)
IN_DEVELOPMENT = {"application_id": SHOP, "environment_id": DEVELOPMENT}


def ask(
    command: ApplicationQuestion,
    *,
    names: frozenset[str] = frozenset(),
    asked_at: datetime | None = NOW,
) -> Callable[[ApplicationState], Sequence[ApplicationEvent]]:
    def answer(state: ApplicationState) -> Sequence[ApplicationEvent]:
        return decide(command, state, context=Surroundings(names=names, asked_at=asked_at), now=NOW)

    return answer


def given(*events: Message) -> Given[ApplicationState]:
    """What happened to the shop after it was created."""
    return Given(SPEC, shop(*events))


class TestCreation:
    def test_an_application_has_three_environments_and_only_the_first_deploys_by_itself(
        self,
    ) -> None:
        created, *added = ask(CREATE_SHOP)(NOTHING)
        assert created == ApplicationCreated(
            **CREATE_SHOP.model_dump(exclude={"clone_token_version"})
        )
        by_hand = EnvironmentSettings()
        assert [_summary(event) for event in added] == [
            (DEVELOPMENT, "development", False, EnvironmentSettings(branch="main", automatic=True)),
            (STAGING, "staging", False, by_hand),
            (PRODUCTION, "production", True, by_hand),
        ]

    def test_the_clone_token_of_a_private_repository_is_recorded(self) -> None:
        command = CREATE_SHOP.model_copy(update={"clone_token_version": 1})
        *_, last = ask(command)(NOTHING)
        assert last == CloneTokenStored(application_id=SHOP, version=1)

    def test_a_name_is_given_once(self) -> None:
        SPEC.given().when(ask(CREATE_SHOP, names=frozenset({"shop"}))).then_raises(
            IllegalName, saying="choose another name"
        )

    def test_an_id_is_used_once(self) -> None:
        given().when(ask(CREATE_SHOP)).then_raises(IllegalRecreation, saying="with a new id")

    def test_nothing_is_set_for_what_was_never_created(self) -> None:
        command = RecordCloneToken(application_id=SHOP, version=1)
        SPEC.given().when(ask(command)).then_raises(IllegalApplication, saying=str(SHOP))


class TestSettings:
    def configure(self, *, of: object = DEVELOPMENT, **change: object) -> ConfigureEnvironment:
        return ConfigureEnvironment(
            application_id=SHOP,
            environment_id=of,
            change=SettingsChange.model_validate(change),
        )

    def test_what_is_not_given_stays(self) -> None:
        settings = EnvironmentSettings(branch="main", automatic=True, tests=True)
        given().when(ask(self.configure(tests=True))).then(
            EnvironmentConfigured(**IN_DEVELOPMENT, settings=settings)
        )

    def test_what_is_so_already_changes_nothing(self) -> None:
        given().when(ask(self.configure(branch="main"))).then_nothing()

    def test_production_is_never_automatic(self) -> None:
        command = self.configure(of=PRODUCTION, automatic=True, branch="main")
        given().when(ask(command)).then_raises(IllegalAutomatic, saying="promote from there")

    def test_automatic_needs_a_branch(self) -> None:
        given().when(ask(self.configure(of=STAGING, automatic=True))).then_raises(
            IllegalUnbound, saying="set its branch as well"
        )

    def test_an_unknown_environment_is_refused(self) -> None:
        given().when(ask(self.configure(of=deployment(1), tests=True))).then_raises(
            IllegalEnvironment, saying=str(deployment(1))
        )

    def test_a_push_finds_what_is_bound_to_its_branch(self) -> None:
        settings = EnvironmentSettings(branch="main", automatic=True)
        staging = {"application_id": SHOP, "environment_id": STAGING}
        application = shop(EnvironmentConfigured(**staging, settings=settings))
        assert application.bound_to("main") == (DEVELOPMENT, STAGING)
        assert application.bound_to("other") == ()
        assert application.followed() == ("main",)


class TestVariables:
    variable = VariableSet(**IN_DEVELOPMENT, name="COLOUR", value="red")
    command = SetVariable(**IN_DEVELOPMENT, name="COLOUR", value="red")

    def test_one_is_set(self) -> None:
        given().when(ask(self.command)).then(self.variable)

    def test_the_same_value_again_changes_nothing(self) -> None:
        given(self.variable).when(ask(self.command)).then_nothing()

    def test_one_is_removed(self) -> None:
        command = RemoveVariable(**IN_DEVELOPMENT, name="COLOUR")
        removed = VariableRemoved(**IN_DEVELOPMENT, name="COLOUR")
        given(self.variable).when(ask(command)).then(removed)
        given(self.variable, removed).when(ask(command)).then_raises(
            IllegalRemoval, saying="set there is nothing"
        )

    def test_a_secret_is_never_a_variable(self) -> None:
        secret = SecretStored(**IN_DEVELOPMENT, name="COLOUR", version=1)
        given(secret).when(ask(self.command)).then_raises(
            IllegalVariable, saying="remove the secret first"
        )

    def test_all_of_them_must_fit_into_a_message(self) -> None:
        large = [
            VariableSet(**IN_DEVELOPMENT, name=f"LARGE_{number}", value="x" * 4096)
            for number in range(16)
        ]
        given(*large).when(ask(self.command)).then_raises(IllegalSize, saying="65536 are the most")


class TestSecrets:
    stored = SecretStored(**IN_DEVELOPMENT, name="KEY", version=2)

    def record(self, version: int) -> RecordSecret:
        return RecordSecret(**IN_DEVELOPMENT, name="KEY", version=version)

    def test_a_version_is_recorded_once(self) -> None:
        given().when(ask(self.record(2))).then(self.stored)
        given(self.stored).when(ask(self.record(2))).then_nothing()

    def test_an_older_version_is_refused(self) -> None:
        given(self.stored).when(ask(self.record(1))).then_raises(
            IllegalVersion, saying="Version 2 of secret KEY is in use"
        )

    def test_a_variable_is_never_a_secret(self) -> None:
        variable = VariableSet(**IN_DEVELOPMENT, name="KEY", value="x")
        given(variable).when(ask(self.record(1))).then_raises(
            IllegalSecret, saying="which everybody can read"
        )

    def test_one_is_removed(self) -> None:
        command = RemoveSecret(**IN_DEVELOPMENT, name="KEY")
        removed = SecretRemoved(**IN_DEVELOPMENT, name="KEY")
        given(self.stored).when(ask(command)).then(removed)
        assert shop(self.stored, removed).environment(DEVELOPMENT).secrets == {}
        given().when(ask(command)).then_raises(IllegalRemoval, saying="development has no KEY")

    def test_credentials_and_clone_tokens_have_versions_too(self) -> None:
        credentials = RecordCredentials(**IN_DEVELOPMENT, version=1)
        token = RecordCloneToken(application_id=SHOP, version=1)
        stored = CredentialsStored(**IN_DEVELOPMENT, version=1)
        kept = CloneTokenStored(application_id=SHOP, version=1)
        given().when(ask(credentials)).then(stored)
        given().when(ask(token)).then(kept)
        given(stored).when(ask(credentials)).then_nothing()
        given(kept).when(ask(token)).then_nothing()

    def test_a_deployment_is_told_every_version_and_no_value(self) -> None:
        token = CloneTokenStored(application_id=SHOP, version=3)
        credentials = CredentialsStored(**IN_DEVELOPMENT, version=4)
        target = shop(self.stored, token, credentials).target(DEVELOPMENT)
        assert (target.secrets, target.clone_token_version) == ({"KEY": 2}, 3)
        assert target.credentials_version == 4


class TestBranches:
    mute = BranchUnobservable(application_id=SHOP, branch="main", detail="no route")

    def head(self, commit: str) -> BranchHeadObserved:
        return BranchHeadObserved(
            application_id=SHOP, branch="main", commit=commit, source=HeadSource.REMOTE
        )

    def test_a_head_is_recorded_when_it_moves(self) -> None:
        given().when(ask(self.head(A))).then(self.head(A))
        given(self.head(A)).when(ask(self.head(A))).then_nothing()
        given(self.head(A)).when(ask(self.head(B))).then(self.head(B))

    def test_what_the_remote_said_before_the_branch_moved_is_no_news(self) -> None:
        pushed = self.head(B).model_copy(update={"source": HeadSource.PUSH})
        moved = given(pushed)
        before, after = BEGAN - timedelta(seconds=1), BEGAN + timedelta(seconds=1)
        moved.when(ask(self.head(A), asked_at=before)).then_nothing()
        moved.when(ask(self.head(A), asked_at=None)).then_nothing()
        moved.when(ask(self.head(A), asked_at=after)).then(self.head(A))
        moved.when(ask(pushed.model_copy(update={"commit": A}))).then(
            pushed.model_copy(update={"commit": A})
        )

    def test_a_remote_that_is_silent_is_recorded_once(self) -> None:
        given().when(ask(self.mute)).then(self.mute)
        given(self.mute).when(ask(self.mute)).then_nothing()

    def test_a_remote_that_speaks_again_is_recorded_though_nothing_moved(self) -> None:
        given(self.head(A), self.mute).when(ask(self.head(A))).then(self.head(A))
        assert shop(self.mute, self.head(A)).unobservable == {}


class TestHistory:
    @pytest.mark.parametrize(
        "event",
        [
            TestVariables.variable,
            CloneTokenStored(application_id=SHOP, version=1),
            EnvironmentAdded(
                **IN_DEVELOPMENT,
                name="development",
                stage="development",
                production=False,
                settings=EnvironmentSettings(),
            ),
        ],
    )
    def test_an_event_before_the_creation_changes_nothing(self, event: Message) -> None:
        assert SPEC.given(event).state == NOTHING

    def test_an_event_of_an_unknown_environment_changes_nothing(self) -> None:
        strange = VariableSet(
            application_id=SHOP, environment_id=deployment(1), name="X", value="y"
        )
        assert shop(strange, CREATE_SHOP) == shop()


def _summary(event: ApplicationEvent) -> tuple[object, ...]:
    assert isinstance(event, EnvironmentAdded)
    assert event.name == event.stage
    return event.environment_id, event.name, event.production, event.settings
