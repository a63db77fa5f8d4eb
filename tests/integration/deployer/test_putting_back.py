"""Whatever ends a deploy, the stacks that it changed run again what they ran before."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError

from services.builder.adapters.deployer import one_stack
from services.builder.adapters.deployer.access import Access
from services.builder.adapters.deployer.changes import Change, ChangeSet
from services.builder.adapters.deployer.changes import propose as propose_really
from services.builder.adapters.deployer.errors import (
    AwsUnreachable,
    CredentialsRefused,
    NotPutBack,
    OutOfTime,
    StackFailed,
    Stopped,
)
from services.builder.adapters.deployer.prepared import Prepared
from services.builder.adapters.deployer.progress import Progress
from services.builder.adapters.deployer.watch import Watch
from tests.support.assemblies import broken_queue, parameter, template_of
from tests.support.deploying import STACK, Environment
from tests.support.scripted_cloud import refusal

DATA = "shop-data"
EXPORT = {"Outputs": {"Name": {"Value": "shared", "Export": {"Name": "shop:name"}}}}


def version(environment: Environment, value: str, **more: Mapping[str, Any]) -> Prepared:
    """Two stacks of a version; `more` are resources of the later one."""
    builder = environment.builder().stack(DATA, template_of(Data=parameter(value, "/data")))
    later = template_of(One=parameter(value, "/one"), **more)
    return environment.prepared(builder.stack(STACK, later))


def broken_later(environment: Environment) -> Prepared:
    return version(environment, "new", Bad=broken_queue())


def one_stack_of(environment: Environment, value: str) -> Prepared:
    builder = environment.builder().stack(DATA, template_of(Data=parameter(value, "/data")))
    return environment.prepared(builder)


def once_data_is_new(act: Callable[[], object]) -> Callable[[Progress], None]:
    """Do something when the first stack runs the new version."""

    def hear(progress: Progress) -> None:
        if (progress.stack, progress.status) == (DATA, "UPDATE_COMPLETE"):
            act()

    return hear


def refusing(
    monkeypatch: pytest.MonkeyPatch, error: Exception, when: Callable[[Change], bool]
) -> None:
    """AWS does not make some change sets."""

    def propose(
        access: Access, change: Change, *, pause: Callable[[float], object]
    ) -> ChangeSet | None:
        if when(change):
            raise error
        return propose_really(access, change, pause=pause)

    monkeypatch.setattr(one_stack, "propose", propose)


def of_the_new(stack: str) -> Callable[[Change], bool]:
    return lambda change: change.stack == stack and "new" in str(change.template)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (refusal("AccessDeniedForThis", "no"), ClientError),
        (refusal("ExpiredToken", "old"), CredentialsRefused),
        (AwsUnreachable("no route"), AwsUnreachable),
        (RuntimeError("ours"), RuntimeError),
    ],
)
def test_after_whatever_kind_of_failure_the_earlier_stack_is_put_back(
    environment: Environment,
    monkeypatch: pytest.MonkeyPatch,
    *,
    error: Exception,
    kind: type[Exception],
) -> None:
    old = version(environment, "old")
    environment.deploy(old)
    refusing(monkeypatch, error, of_the_new(STACK))

    with pytest.raises(kind):
        environment.deploy(version(environment, "new"), fallback=old)

    assert [environment.value("/data"), environment.value("/one")] == ["old", "old"]


def test_after_a_failed_stack_the_earlier_one_is_put_back(environment: Environment) -> None:
    old = version(environment, "old")
    environment.deploy(old)

    with pytest.raises(StackFailed) as failed:
        environment.deploy(broken_later(environment), fallback=old)

    assert failed.value.stack == STACK
    assert environment.value("/data") == "old"


def test_a_cancelled_deploy_is_put_back_once_it_has_settled(environment: Environment) -> None:
    old = version(environment, "old")
    environment.deploy(old)
    watch = Watch()
    watch.on_progress = once_data_is_new(watch.stop.set)

    with pytest.raises(Stopped) as stopped:
        environment.deploy(version(environment, "new"), fallback=old, watch=watch)

    assert stopped.value.cloud_touched
    assert [environment.value("/data"), environment.value("/one")] == ["old", "old"]


def test_a_cancel_that_comes_when_every_stack_runs_is_too_late(environment: Environment) -> None:
    old, new = (one_stack_of(environment, value) for value in ("old", "new"))
    environment.deploy(old)
    watch = Watch()
    watch.on_progress = once_data_is_new(watch.stop.set)

    environment.deploy(new, fallback=old, watch=watch)

    assert environment.value("/data") == "new"


def test_a_cancel_before_the_rest_is_removed_removes_nothing(environment: Environment) -> None:
    old = version(environment, "old")
    before = environment.release(environment.deploy(old))
    watch = Watch()
    watch.on_progress = once_data_is_new(watch.stop.set)

    with pytest.raises(Stopped):
        environment.deploy(
            one_stack_of(environment, "new"), previous=before, fallback=old, watch=watch
        )

    assert [environment.value("/data"), environment.value("/one")] == ["old", "old"]


def test_a_deploy_that_is_out_of_time_is_put_back(environment: Environment) -> None:
    old = version(environment, "old")
    environment.deploy(old)
    watch = Watch(seconds=1000)
    watch.on_progress = once_data_is_new(lambda: setattr(watch, "seconds", 0))

    with pytest.raises(OutOfTime):
        environment.deploy(version(environment, "new"), fallback=old, watch=watch)

    assert [environment.value("/data"), environment.value("/one")] == ["old", "old"]


def test_once_the_environment_is_another_runs_nothing_more_is_touched(
    environment: Environment,
) -> None:
    old = version(environment, "old")
    environment.deploy(old)
    lost: list[bool] = []
    watch = Watch(lost=lambda: bool(lost))
    watch.on_progress = once_data_is_new(lambda: lost.append(True))

    with pytest.raises(Stopped):
        environment.deploy(version(environment, "new"), fallback=old, watch=watch)

    assert [environment.value("/data"), environment.value("/one")] == ["new", "old"]


def test_a_cancelled_putting_back_ends_when_the_environment_is_another_runs(
    environment: Environment,
) -> None:
    old = version(environment, "old")
    environment.deploy(old)
    lost: list[bool] = []
    watch = Watch(lost=lambda: bool(lost), say=lambda _: lost.append(True))
    watch.on_progress = once_data_is_new(watch.stop.set)

    with pytest.raises(Stopped):
        environment.deploy(version(environment, "new"), fallback=old, watch=watch)

    assert environment.value("/data") == "new"


def test_a_failure_in_the_second_pass_puts_both_back(
    environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    builder = environment.builder()
    builder.stack(DATA, template_of(Data=parameter("old", "/data")) | EXPORT)
    old = environment.prepared(builder.stack(STACK, importing()))
    environment.deploy(old)
    made: list[str] = []

    def again(change: Change) -> bool:
        made.append(change.stack)
        return len(made) == 3

    refusing(monkeypatch, refusal("Strange", "no"), again)

    with pytest.raises(ClientError):
        environment.deploy(version(environment, "new"), fallback=old)

    assert made[:4] == [DATA, STACK, DATA, DATA]
    assert [environment.value("/data"), environment.value("/one")] == ["old", "shared"]


def test_what_this_deploy_made_goes_also_when_it_protected_it(environment: Environment) -> None:
    builder = environment.builder().stack(DATA, template_of(Data=parameter()))
    builder.stack(STACK, template_of(Bad=broken_queue()))
    builder.release["stacks"][0]["protected"] = True

    with pytest.raises(StackFailed):
        environment.deploy(environment.prepared(builder))

    assert environment.status(DATA) == "-"


def test_a_stack_that_cannot_be_put_back_is_named(
    environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = version(environment, "old")
    environment.deploy(old)
    wanted = broken_later(environment)
    back: list[str] = []

    def going_back(change: Change) -> bool:
        return change.stack == DATA and "old" in str(change.template)

    refusing(monkeypatch, refusal("Strange", "not now"), going_back)

    with pytest.raises(NotPutBack) as left:
        environment.deploy(wanted, fallback=old, watch=Watch(say=back.append))

    assert left.value.stacks == (DATA,)
    assert isinstance(left.value.cause, StackFailed)
    assert "not now" in back[-1]
    assert environment.value("/data") == "new"


def test_a_changed_stack_with_nothing_to_be_put_back_to_is_named(
    environment: Environment,
) -> None:
    environment.deploy(version(environment, "old"))

    with pytest.raises(NotPutBack) as left:
        environment.deploy(broken_later(environment), fallback=None)

    assert left.value.stacks == (DATA,)


def importing() -> dict[str, Any]:
    value = {"Fn::ImportValue": "shop:name"}
    return template_of(
        One={
            "Type": "AWS::SSM::Parameter",
            "Properties": {"Type": "String", "Name": "/one", "Value": value},
        }
    )
