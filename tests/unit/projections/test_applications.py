"""`project` and `fold` tell what an application's board shows."""

from services.projections.domain.documents import NAMES, M, fold
from tests.support.histories import HOOK, Shop, history, sha
from trellis_contracts.applications import (
    CredentialsStored,
    EnvironmentConfigured,
    SecretRemoved,
    SecretStored,
    VariableRemoved,
    VariableSet,
)
from trellis_contracts.deployments import (
    DeployKind,
    DeploySucceeded,
    DeploySuperseded,
    EnvironmentTornDown,
    ReleaseDeployed,
    ReleaseVanished,
)
from trellis_contracts.message import Message
from trellis_contracts.pushes import (
    BranchDeleted,
    BranchesListed,
    BranchesUnlisted,
    BranchHeadObserved,
    BranchUnobservable,
    DeliveryIgnored,
    HeadSource,
    Ignorance,
)
from trellis_contracts.sentences import runs_what
from trellis_contracts.settings import EnvironmentSettings
from trellis_contracts.views import ApplicationView, DeploymentView, EnvironmentView

SHOP = Shop()
HERE = {"application_id": SHOP.application_id, "environment_id": SHOP.environment()}


class Board:
    """Every document that a history leaves, as `fold` gives them."""

    def __init__(self, *events: Message) -> None:
        self.documents: dict[tuple[str, str], Message] = {}
        for recorded in history(*events):
            for document in list(fold(recorded, self.recall)):
                self.documents[NAMES[type(document.body)], document.key] = document.body

    def recall(self, kind: type[M], key: str) -> M | None:
        found = self.documents.get((NAMES[kind], key))
        assert found is None or isinstance(found, kind)
        return found

    @property
    def application(self) -> ApplicationView:
        view = self.recall(ApplicationView, str(SHOP.application_id))
        assert view is not None
        return view

    @property
    def development(self) -> EnvironmentView:
        return self.application.environments[0]

    def deployment(self, number: int) -> DeploymentView:
        view = self.recall(DeploymentView, str(SHOP.deployment(number)))
        assert view is not None
        return view


def test_a_new_application_has_its_environments_in_order() -> None:
    view = Board(*SHOP.created()).application
    assert [one.name for one in view.environments] == ["development", "staging", "production"]
    assert [one.production for one in view.environments] == [False, False, True]
    assert not view.webhook_seen


def test_settings_variables_and_secrets_change_one_environment_alone() -> None:
    settings = EnvironmentSettings(tests=True)
    board = Board(
        *SHOP.created(),
        EnvironmentConfigured(**HERE, settings=settings),
        VariableSet(**HERE, name="A", value="1"),
        VariableSet(**HERE, name="B", value="2"),
        VariableRemoved(**HERE, name="A"),
        SecretStored(**HERE, name="S", version=1),
        SecretStored(**HERE, name="T", version=4),
        SecretRemoved(**HERE, name="S"),
        CredentialsStored(**HERE, version=3),
    )
    assert board.development.settings == settings
    assert board.development.variables == {"B": "2"}
    assert (board.development.secrets, board.development.credentials_version) == ({"T": 4}, 3)
    assert board.application.environments[1:] == Board(*SHOP.created()).application.environments[1:]


def test_the_queue_shows_who_waits_and_who_runs() -> None:
    begun = (*SHOP.created(), SHOP.requested(1), SHOP.started(1), SHOP.requested(2))
    first, second, third = (SHOP.deployment(number) for number in (1, 2, 3))
    board = Board(*begun)
    assert (board.development.running, board.development.waiting) == (first, (second,))
    replaced = Board(*begun, SHOP.requested(3), DeploySuperseded(**SHOP.of(2), by=third))
    assert replaced.development.waiting == (third,)
    assert replaced.development.last == third


def test_a_success_is_what_the_environment_runs_until_it_is_torn_down() -> None:
    board = Board(*SHOP.created(), *SHOP.deployed(1))
    release = board.development.release
    assert release is not None
    assert (release.commit, release.number, release.gone) == (sha(1), 1, False)
    assert (board.development.running, board.development.waiting) == (None, ())
    gone = EnvironmentTornDown(**SHOP.of(2), run_id=SHOP.run(2), stacks=(), seconds=1)
    assert Board(*SHOP.created(), *SHOP.deployed(1), gone).development.release is None


def test_what_stands_is_what_it_runs_before_the_command_after_it_has_passed() -> None:
    (*_, done) = SHOP.deployed(1)
    assert isinstance(done, DeploySucceeded)
    brought = ReleaseDeployed(**SHOP.of(1), run_id=SHOP.run(1), release=done.release)
    running = Board(*SHOP.created(), SHOP.requested(1), SHOP.started(1), brought).development
    assert running.release is not None
    assert (running.release.passed, running.running) == (False, brought.deployment_id)
    assert runs_what(running.release).endswith("(#1, not passed)")
    passed = Board(*SHOP.created(), SHOP.requested(1), SHOP.started(1), brought, done).development
    assert passed.release is not None
    assert (passed.release.passed, passed.running) == (True, None)


def test_what_ran_on_a_local_cloud_that_stopped_is_gone_not_running() -> None:
    vanished = ReleaseVanished(**HERE, instance="local-1")
    release = Board(*SHOP.created(), *SHOP.deployed(1), vanished).development.release
    assert release is not None
    assert release.gone


def test_any_delivery_of_its_hook_shows_that_the_webhook_works() -> None:
    ping = DeliveryIgnored(delivery="d", hook=HOOK, event="ping", reason=Ignorance.PING)
    assert Board(*SHOP.created(), ping).application.webhook_seen
    strange = ping.model_copy(update={"hook": "hook_of_somebody_else"})
    assert not Board(*SHOP.created(), strange).application.webhook_seen


def test_heads_of_branches_come_and_go() -> None:
    seen = BranchHeadObserved(
        application_id=SHOP.application_id, branch="next", commit=sha(3), source=HeadSource.PUSH
    )
    silent = BranchUnobservable(
        application_id=SHOP.application_id, branch="next", detail="Set a clone token."
    )
    view = Board(*SHOP.created(), silent).application
    assert view.unobservable == "Set a clone token."
    view = Board(*SHOP.created(), silent, seen).application
    assert (view.heads, view.unobservable) == ({"next": sha(3)}, None)
    deleted = BranchDeleted(
        delivery="d", hook=HOOK, repository="acme/shop", branch="next", before=sha(3)
    )
    assert Board(*SHOP.created(), seen, deleted).application.heads == {}


def test_heads_that_a_list_recorded_are_shown_and_so_is_why_there_is_none() -> None:
    ids = {"application_id": SHOP.application_id, "pattern": "release/*"}
    seen = BranchesListed(**ids, heads={"release/1": sha(3)})
    silent = BranchesUnlisted(**ids, detail="Set a clone token.")
    assert Board(*SHOP.created(), silent).application.unobservable == "Set a clone token."
    view = Board(*SHOP.created(), silent, seen).application
    assert (view.heads, view.unobservable) == ({"release/1": sha(3)}, None)


def test_a_deployment_shows_the_first_line_of_its_commit() -> None:
    assert Board(*SHOP.created(), *SHOP.deployed(4)).deployment(4).message == "Change 4"


def test_a_rollback_shows_the_number_that_it_goes_back_to() -> None:
    back = SHOP.requested(2, kind=DeployKind.ROLLBACK, release=SHOP.release(1))
    view = Board(*SHOP.created(), *SHOP.deployed(1), back).deployment(2)
    assert (view.rolls_back_to, view.commit, view.message) == (1, sha(1), "Change 1")


def test_an_event_of_an_unknown_application_changes_nothing() -> None:
    assert Board(*SHOP.reported(1), VariableSet(**HERE, name="A", value="1")).documents == {}


def test_the_same_history_always_gives_the_same_documents() -> None:
    events = (*SHOP.created(), *SHOP.deployed(1), *SHOP.deployed(2))
    assert Board(*events).documents == Board(*events).documents
