"""An application is renamed, follows its repository, is pointed at another one, moves inside it."""

from datetime import timedelta
from uuid import UUID

import pytest

from services.orchestrator.domain.identity import moved_url
from services.orchestrator.domain.refusals import IllegalName
from tests.support.deployments import DEVELOPMENT, PRODUCTION, SHOP, STAGING, A, shop
from tests.support.lifecycles import ask, given
from tests.support.spec import BEGAN
from trellis_contracts.applications import ConfigureEnvironment, EnvironmentConfigured
from trellis_contracts.lifecycles import (
    ApplicationRenamed,
    ChangeFolder,
    FolderChanged,
    Mover,
    RenameApplication,
    RepointRepository,
    RepositoryMoved,
)
from trellis_contracts.message import Message
from trellis_contracts.pushes import BranchHeadObserved, BranchUnobservable, HeadSource
from trellis_contracts.settings import EnvironmentSettings, SettingsChange

RENAME = RenameApplication(application_id=SHOP, name="store")
AT_MAIN = BranchHeadObserved(application_id=SHOP, branch="main", commit=A, source=HeadSource.REMOTE)


def renamed(*before: Message) -> list[Message]:
    """Everything that renaming the shop to `store` adds."""
    return [*ask(RENAME)(shop(*before))]


def moved(why: Mover, name: str = "acme/store") -> RepositoryMoved:
    return RepositoryMoved(
        application_id=SHOP,
        repository=f"https://github.com/{name}",
        repository_name=name,
        why=why,
    )


class TestRename:
    def test_the_name_changes_and_every_stack_keeps_the_one_it_has(self) -> None:
        kept = {
            DEVELOPMENT: EnvironmentSettings(
                branch="main", automatic=True, stack_name="shop-development"
            ),
            STAGING: EnvironmentSettings(stack_name="shop-staging"),
            PRODUCTION: EnvironmentSettings(stack_name="shop-production"),
        }
        given().when(ask(RENAME)).then(
            ApplicationRenamed(application_id=SHOP, name="store"),
            *(
                EnvironmentConfigured(application_id=SHOP, environment_id=one, settings=settings)
                for one, settings in kept.items()
            ),
        )

    @pytest.mark.parametrize("environment", [DEVELOPMENT, STAGING, PRODUCTION])
    def test_a_deployment_after_it_updates_the_same_stack(self, environment: UUID) -> None:
        before, after = shop(), shop(*renamed())

        assert after.target(environment).application == "store"
        assert after.target(environment).stack_name == before.target(environment).stack_name

    def test_a_second_one_does_too(self) -> None:
        again = RENAME.model_copy(update={"name": "bazaar"})
        once = shop(*renamed())
        given(*renamed()).when(ask(again)).then(
            ApplicationRenamed(application_id=SHOP, name="bazaar")
        )
        assert once.target(STAGING).stack_name == "shop-staging"

    def test_a_stack_name_that_a_person_gave_is_left_alone(self) -> None:
        own = EnvironmentConfigured(
            application_id=SHOP,
            environment_id=STAGING,
            settings=EnvironmentSettings(stack_name="legacy"),
        )
        configured = [e for e in renamed(own) if isinstance(e, EnvironmentConfigured)]
        assert STAGING not in {event.environment_id for event in configured}

    def test_the_name_that_it_has_changes_nothing(self) -> None:
        same = RENAME.model_copy(update={"name": "shop"})
        given().when(ask(same, names=frozenset({"shop"}))).then_nothing()

    def test_a_name_is_given_once(self) -> None:
        given().when(ask(RENAME, names=frozenset({"shop", "store"}))).then_raises(
            IllegalName, saying="called store: choose another name"
        )

    def test_the_settings_can_be_changed_as_before(self) -> None:
        change = ConfigureEnvironment(
            application_id=SHOP, environment_id=STAGING, change=SettingsChange(tests=True)
        )
        [event] = ask(change)(shop(*renamed()))
        assert isinstance(event, EnvironmentConfigured)
        assert event.settings == EnvironmentSettings(tests=True, stack_name="shop-staging")


class TestRepository:
    def repoint(self, *, why: Mover = Mover.PERSON, folder: str | None = None) -> RepointRepository:
        return RepointRepository(
            application_id=SHOP,
            repository="https://github.com/acme/store",
            repository_name="acme/store",
            folder=folder,
            why=why,
        )

    @pytest.mark.parametrize("why", Mover)
    def test_it_is_cloned_from_there_from_then_on(self, why: Mover) -> None:
        given().when(ask(self.repoint(why=why))).then(moved(why))
        assert shop(moved(why)).target(STAGING).repository == "https://github.com/acme/store"

    def test_the_folder_may_change_with_it(self) -> None:
        given().when(ask(self.repoint(folder="api"))).then(
            moved(Mover.PERSON), FolderChanged(application_id=SHOP, folder="api")
        )

    def test_where_it_is_already_changes_nothing(self) -> None:
        given(moved(Mover.PERSON)).when(ask(self.repoint(folder=""))).then_nothing()

    def test_nothing_is_known_of_the_branches_of_another_repository(self) -> None:
        assert shop(AT_MAIN, moved(Mover.PERSON)).heads == {}

    def test_what_the_earlier_repository_says_late_is_no_news(self) -> None:
        elsewhere = given(moved(Mover.PERSON))
        mute = BranchUnobservable(application_id=SHOP, branch="main", detail="gone", gone=True)
        for said in (AT_MAIN, mute):
            before, after = BEGAN - timedelta(seconds=1), BEGAN + timedelta(seconds=1)
            elsewhere.when(ask(said, asked_at=before)).then_nothing()
            elsewhere.when(ask(said, asked_at=None)).then_nothing()
            elsewhere.when(ask(said, asked_at=after)).then(said)

    def test_the_branches_of_one_that_moved_stand_where_they_stood(self) -> None:
        assert shop(AT_MAIN, moved(Mover.FORGE)).heads == {"main": A}

    @pytest.mark.parametrize(
        ("url", "after"),
        [
            ("https://github.com/acme/shop", "https://github.com/new/name"),
            ("https://github.com/acme/shop.git", "https://github.com/new/name.git"),
            ("http://127.0.0.1:8080/acme/shop.git/", "http://127.0.0.1:8080/new/name.git"),
        ],
    )
    def test_a_clone_url_follows_at_its_own_origin(self, url: str, after: str) -> None:
        assert moved_url(url, "new/name") == after


class TestFolder:
    def test_it_changes(self) -> None:
        command = ChangeFolder(application_id=SHOP, folder="services/api")
        event = FolderChanged(application_id=SHOP, folder="services/api")
        given().when(ask(command)).then(event)
        assert shop(event).target(STAGING).folder == "services/api"

    def test_the_one_that_it_has_changes_nothing(self) -> None:
        given().when(ask(ChangeFolder(application_id=SHOP, folder=""))).then_nothing()
