"""A view of an application follows its changes, and stays when it is gone."""

from services.projections.domain.documents import Document, fold
from tests.support.histories import Shop, history, sha
from tests.unit.projections.test_applications import Board
from trellis_contracts.applications import EnvironmentAdded
from trellis_contracts.failures import RunTimedOut
from trellis_contracts.lifecycles import (
    ApplicationDeleted,
    ApplicationDeletionRequested,
    ApplicationRenamed,
    EnvironmentClassified,
    EnvironmentRemoved,
    EnvironmentRenamed,
    EnvironmentsReordered,
    FolderChanged,
    Mover,
    RepositoryMoved,
)
from trellis_contracts.message import Message
from trellis_contracts.names import derived_id
from trellis_contracts.pushes import BranchHeadObserved, HeadSource
from trellis_contracts.settings import EnvironmentSettings

SHOP = Shop()
OF = {"application_id": SHOP.application_id}
HERE = {**OF, "environment_id": SHOP.environment()}
QA = derived_id("qa")
ADDED = EnvironmentAdded(
    **OF, environment_id=QA, name="qa", stage="qa", production=False, settings=EnvironmentSettings()
)
LEAVING = ApplicationDeletionRequested(**OF)
GONE = ApplicationDeleted(**OF, name="shop")
FAILED = RunTimedOut.model_validate({**SHOP.of(1), "run_id": SHOP.run(1), "seconds": 60})


def names(*events: Message) -> list[str]:
    application = Board(*SHOP.created(), *events).application
    return [one.name for one in application.environments]


def test_name_and_folder_follow() -> None:
    renamed = ApplicationRenamed(**OF, name="store"), FolderChanged(**OF, folder="api")
    view = Board(*SHOP.created(), *renamed).application
    assert (view.name, view.folder) == ("store", "api")


def test_a_repository_that_moved_keeps_its_heads_and_another_one_has_none() -> None:
    head = BranchHeadObserved(**OF, branch="main", commit=sha(1), source=HeadSource.PUSH)
    for why, heads in ((Mover.FORGE, {"main": sha(1)}), (Mover.PERSON, {})):
        moved = RepositoryMoved(
            **OF, repository="https://github.com/acme/x", repository_name="acme/x", why=why
        )
        view = Board(*SHOP.created(), head, moved).application
        assert (view.repository, view.heads) == ("https://github.com/acme/x", heads)


def test_environments_come_are_renamed_and_stand_in_their_order() -> None:
    development, staging, production = map(
        SHOP.environment, ("development", "staging", "production")
    )
    order = EnvironmentsReordered(**OF, environments=(development, QA, staging, production))
    assert names(ADDED, order) == ["development", "qa", "staging", "production"]
    assert names(EnvironmentRenamed(**HERE, name="trunk"))[0] == "trunk"


def test_an_environment_becomes_production_and_ceases_to_be() -> None:
    made = EnvironmentClassified(**HERE, production=True)
    views = Board(*SHOP.created(), made).application.environments
    assert [one.production for one in views] == [True, False, True]
    ended = EnvironmentClassified(**HERE, production=False)
    assert not Board(*SHOP.created(), made, ended).application.environments[0].production


def test_one_that_was_removed_is_kept_apart() -> None:
    removed = EnvironmentRemoved(**HERE)
    view = Board(*SHOP.created(), removed).application
    assert [one.name for one in view.environments] == ["staging", "production"]
    assert [one.name for one in view.removed] == ["development"]


def test_a_deletion_says_who_wanted_it_and_what_is_in_the_way() -> None:
    before = (*SHOP.created(), SHOP.requested(1), SHOP.started(1), LEAVING, FAILED)
    deletion = Board(*before).application.deletion
    assert deletion is not None
    assert deletion.actor == "person:ana"
    assert deletion.failures == {"development": FAILED.sentence}

    again = Board(*before, LEAVING).application.deletion
    assert again is not None
    assert again.failures == {}


def test_one_that_is_gone_is_not_listed_and_is_there() -> None:
    board = Board(*SHOP.created(), LEAVING)
    documents: list[Document] = []
    for recorded in history(GONE, start=99):
        documents += fold(recorded, board.recall)
    assert [(one.shelf, one.rank) for one in documents] == [("shop", 1)]
    deletion = Board(*SHOP.created(), LEAVING, GONE).application.deletion
    assert deletion is not None
    assert deletion.deleted_at is not None
