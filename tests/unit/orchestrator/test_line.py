"""The environments of an application: any number, in an order, each with a stage of its own."""

from uuid import UUID

import pytest

from services.orchestrator.domain.environment import evolve as evolve_environment
from services.orchestrator.domain.gate_refusals import IllegalApprovals, IllegalWindow
from services.orchestrator.domain.lifecycle_refusals import (
    IllegalBusy,
    IllegalClass,
    IllegalEnd,
    IllegalLast,
    IllegalOccupied,
    IllegalOrder,
    IllegalStage,
)
from services.orchestrator.domain.refusals import (
    IllegalAutomatic,
    IllegalEnvironment,
    IllegalName,
    IllegalRecreation,
    IllegalUnbound,
)
from services.orchestrator.domain.slot import Environment
from tests.support.deployments import (
    DEVELOPMENT,
    PRODUCTION,
    SHOP,
    STAGING,
    requested,
    shop,
    started,
    succeeded,
    torn_down,
)
from tests.support.lifecycles import EMPTY, ask, given
from tests.support.spec import Spec
from trellis_contracts.applications import AddEnvironment, ConfigureEnvironment, EnvironmentAdded
from trellis_contracts.lifecycles import (
    ClassifyEnvironment,
    EnvironmentClassified,
    EnvironmentRemoved,
    EnvironmentRenamed,
    EnvironmentsReordered,
    RemoveEnvironment,
    RenameEnvironment,
    ReorderEnvironments,
)
from trellis_contracts.message import Message
from trellis_contracts.names import derived_id
from trellis_contracts.rules import Approvals, Window, WindowKind
from trellis_contracts.settings import EnvironmentSettings, SettingsChange
from trellis_contracts.stages import stage_of

QA = derived_id(SHOP, "qa")
DEPLOYED = (requested(1), started(1), succeeded(1))
ENVIRONMENT = Spec(Environment(), evolve_environment)


def add(name: str = "qa", **fields: object) -> AddEnvironment:
    return AddEnvironment.model_validate(
        {"application_id": SHOP, "environment_id": QA, "name": name, **fields}
    )


def added(name: str = "qa", stage: str = "qa", **fields: object) -> EnvironmentAdded:
    defaults = {"production": False, "settings": EnvironmentSettings()}
    return EnvironmentAdded.model_validate(
        {
            "application_id": SHOP,
            "environment_id": QA,
            "name": name,
            "stage": stage,
            **defaults,
            **fields,
        }
    )


def reordered(*order: UUID) -> EnvironmentsReordered:
    return EnvironmentsReordered(application_id=SHOP, environments=order)


def names(*events: Message) -> list[str]:
    return [one.name for one in shop(*events).environments.values()]


class TestAdding:
    def test_it_comes_last_with_the_stage_of_its_name(self) -> None:
        given().when(ask(add())).then(added())
        assert names(added()) == ["development", "staging", "production", "qa"]

    def test_it_comes_behind_the_one_that_is_named(self) -> None:
        events = added(), reordered(DEVELOPMENT, QA, STAGING, PRODUCTION)
        given().when(ask(add(after=DEVELOPMENT))).then(*events)
        assert names(*events) == ["development", "qa", "staging", "production"]

    def test_behind_the_last_one_nothing_is_reordered(self) -> None:
        given().when(ask(add(after=PRODUCTION))).then(added())

    def test_a_name_that_is_no_stage_gets_a_safe_one(self) -> None:
        name = "the-quality-assurance-of-everything"
        given().when(ask(add(name))).then(added(name, stage_of(name)))

    def test_several_may_be_production(self) -> None:
        given().when(ask(add(production=True))).then(added(production=True))

    def test_its_settings_are_those_that_were_given(self) -> None:
        settings = EnvironmentSettings(branch="next", automatic=True)
        given().when(ask(add(settings=settings))).then(added(settings=settings))

    def test_production_is_never_automatic(self) -> None:
        settings = EnvironmentSettings(branch="main", automatic=True)
        given().when(ask(add(production=True, settings=settings))).then_raises(
            IllegalAutomatic, saying="no push may deploy to"
        )

    def test_automatic_needs_a_branch(self) -> None:
        settings = EnvironmentSettings(automatic=True)
        given().when(ask(add(settings=settings))).then_raises(
            IllegalUnbound, saying="set its branch"
        )

    def test_a_window_that_cannot_be_read_is_refused(self) -> None:
        bad = Window(kind=WindowKind.DENY, opens="99 * * * *", minutes=5)
        given().when(ask(add(settings=EnvironmentSettings(windows=(bad,))))).then_raises(
            IllegalWindow, saying="no cron expression"
        )

    def test_more_approvals_than_there_are_people_are_refused(self) -> None:
        needs = Approvals(needed=2, people=("person:ana", "person:ana"))
        given().when(ask(add(settings=EnvironmentSettings(approvals=needs)))).then_raises(
            IllegalApprovals, saying="2 approvals are needed and 1 may approve (person:ana)"
        )

    def test_a_name_is_given_once(self) -> None:
        given().when(ask(add("staging"))).then_raises(
            IllegalName, saying="an environment called staging"
        )

    def test_a_stage_is_given_once(self) -> None:
        given().when(ask(add(stage="staging"))).then_raises(
            IllegalStage, saying="The stage staging is that of staging"
        )

    def test_a_stage_stays_taken_when_its_environment_is_renamed(self) -> None:
        renamed = EnvironmentRenamed(application_id=SHOP, environment_id=STAGING, name="canary")
        given(renamed).when(ask(add("staging"))).then_raises(
            IllegalStage, saying="The stage staging is that of canary"
        )

    def test_an_id_is_used_once(self) -> None:
        given(added()).when(ask(add("other"))).then_raises(IllegalRecreation, saying="a new id")

    def test_it_cannot_come_behind_one_that_is_not_there(self) -> None:
        given().when(ask(add(after=derived_id("none")))).then_raises(
            IllegalEnvironment, saying="no environment"
        )


class TestRenaming:
    def rename(self, name: str, *, of: UUID = STAGING) -> RenameEnvironment:
        return RenameEnvironment(application_id=SHOP, environment_id=of, name=name)

    def test_the_name_changes_and_stage_and_stack_stay(self) -> None:
        event = EnvironmentRenamed(application_id=SHOP, environment_id=STAGING, name="canary")
        given().when(ask(self.rename("canary"))).then(event)
        target = shop(event).target(STAGING)
        assert (target.environment, target.stage) == ("canary", "staging")
        assert target.stack_name == shop().target(STAGING).stack_name

    def test_the_name_that_it_has_changes_nothing(self) -> None:
        given().when(ask(self.rename("staging"))).then_nothing()

    def test_a_name_is_given_once(self) -> None:
        given().when(ask(self.rename("production"))).then_raises(
            IllegalName, saying="called production"
        )

    def test_an_unknown_one_is_refused(self) -> None:
        given().when(ask(self.rename("qa", of=QA))).then_raises(IllegalEnvironment, saying=str(QA))


class TestReordering:
    def reorder(self, *order: UUID) -> ReorderEnvironments:
        return ReorderEnvironments(application_id=SHOP, environments=order)

    def test_the_order_is_the_one_that_was_given(self) -> None:
        order = STAGING, DEVELOPMENT, PRODUCTION
        given().when(ask(self.reorder(*order))).then(reordered(*order))
        assert names(reordered(*order)) == ["staging", "development", "production"]

    def test_the_order_that_there_is_changes_nothing(self) -> None:
        given().when(ask(self.reorder(DEVELOPMENT, STAGING, PRODUCTION))).then_nothing()

    @pytest.mark.parametrize(
        "order",
        [
            (STAGING, DEVELOPMENT),
            (STAGING, STAGING, DEVELOPMENT, PRODUCTION),
            (STAGING, DEVELOPMENT, PRODUCTION, QA),
            (STAGING, STAGING, PRODUCTION),
        ],
    )
    def test_it_names_every_one_once(self, order: tuple[UUID, ...]) -> None:
        given().when(ask(self.reorder(*order))).then_raises(
            IllegalOrder, saying="there are development, staging, production"
        )


class TestClassifying:
    def classify(self, *, production: bool = True, of: UUID = STAGING) -> ClassifyEnvironment:
        return ClassifyEnvironment(application_id=SHOP, environment_id=of, production=production)

    def classified(self, *, production: bool = True, of: UUID = STAGING) -> EnvironmentClassified:
        return EnvironmentClassified(application_id=SHOP, environment_id=of, production=production)

    def test_several_environments_may_be_production_and_cease_to_be(self) -> None:
        given().when(ask(self.classify())).then(self.classified())
        both = shop(self.classified()).environments
        assert [both[one].production for one in (STAGING, PRODUCTION)] == [True, True]
        none = self.classified(production=False, of=PRODUCTION)
        given().when(ask(self.classify(production=False, of=PRODUCTION))).then(none)
        assert not shop(none).target(PRODUCTION).production

    def test_what_is_so_already_is_not_told_again(self) -> None:
        given().when(ask(self.classify(production=False))).then_nothing()
        given().when(ask(self.classify(of=PRODUCTION))).then_nothing()

    def test_one_that_pushes_deploy_is_not_made_production(self) -> None:
        given().when(ask(self.classify(of=DEVELOPMENT))).then_raises(
            IllegalClass, saying="trellis apps settings APP development --manual"
        )

    @pytest.mark.parametrize("events", [(requested(1),), (requested(1), started(1))])
    def test_nothing_that_was_asked_for_before_ends_up_in_production(
        self, events: tuple[Message, ...]
    ) -> None:
        held = {**EMPTY, STAGING: ENVIRONMENT.given(*events).state}
        given().when(ask(self.classify(), held=held)).then_raises(IllegalBusy, saying="cancel it")

    def test_once_it_is_production_no_push_may_deploy_it(self) -> None:
        change = SettingsChange(branch="main", automatic=True)
        configure = ConfigureEnvironment(application_id=SHOP, environment_id=STAGING, change=change)
        given(self.classified()).when(ask(configure)).then_raises(
            IllegalAutomatic, saying="staging"
        )


class TestRemoving:
    def remove(self, *, of: UUID = DEVELOPMENT, confirm: str = "development") -> RemoveEnvironment:
        return RemoveEnvironment(application_id=SHOP, environment_id=of, confirm=confirm)

    def removed(self, environment: UUID) -> EnvironmentRemoved:
        return EnvironmentRemoved(application_id=SHOP, environment_id=environment)

    def holding(self, *events: Message) -> dict[UUID, Environment]:
        return {**EMPTY, DEVELOPMENT: ENVIRONMENT.given(*events).state}

    def test_one_that_was_never_deployed_to_is_removed(self) -> None:
        given().when(ask(self.remove())).then(self.removed(DEVELOPMENT))
        assert names(self.removed(DEVELOPMENT)) == ["staging", "production"]

    def test_one_that_was_torn_down_is_removed(self) -> None:
        held = self.holding(*DEPLOYED, requested(2), started(2), torn_down(2))
        given().when(ask(self.remove(), held=held)).then(self.removed(DEVELOPMENT))

    def test_one_that_runs_something_is_not(self) -> None:
        given().when(ask(self.remove(), held=self.holding(*DEPLOYED))).then_raises(
            IllegalOccupied, saying="trellis teardown APP development"
        )

    @pytest.mark.parametrize("events", [(requested(1),), (requested(1), started(1))])
    def test_one_whose_deployment_waits_or_runs_is_not(self, events: tuple[Message, ...]) -> None:
        given().when(ask(self.remove(), held=self.holding(*events))).then_raises(
            IllegalBusy, saying="cancel it"
        )

    def test_it_is_confirmed_by_its_name(self) -> None:
        given().when(ask(self.remove(confirm="yes"))).then_raises(
            IllegalEnd, saying="with the environment's name, development"
        )

    def test_the_last_one_stays(self) -> None:
        others = self.removed(STAGING), self.removed(PRODUCTION)
        given(*others).when(ask(self.remove())).then_raises(
            IllegalLast, saying="delete the application"
        )

    def test_an_unknown_one_is_refused(self) -> None:
        given(self.removed(STAGING)).when(
            ask(self.remove(of=STAGING, confirm="staging"))
        ).then_raises(IllegalEnvironment, saying=str(STAGING))

    def test_its_name_and_its_stage_are_free_again(self) -> None:
        given(self.removed(STAGING)).when(ask(add("staging"))).then(added("staging", "staging"))
