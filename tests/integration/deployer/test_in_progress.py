"""Stacks that are caught in progress: progress, cancelling, deadlines and a killed deployer."""

import json
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from services.builder.adapters.deployer.errors import NotPutBack, OutOfTime, Stopped
from services.builder.adapters.deployer.prepared import Prepared
from services.builder.adapters.deployer.watch import Watch
from tests.support.assemblies import broken_queue, parameter, template_of
from tests.support.deploying import STACK, Environment
from tests.support.waiting import until
from trellis_contracts.releases import StackOutputs

ROOT = Path(__file__).parents[3]


def chain(value: str, *, count: int = 4) -> dict[str, object]:
    """Resources that are made one after the other."""
    resources: dict[str, dict[str, object]] = {}
    for n in range(count):
        after = {"DependsOn": f"R{n - 1}"} if n else {}
        resources[f"R{n}"] = parameter(value, f"/chain/{n}") | after
    return template_of(**resources)


def started(
    environment: Environment, wanted: Prepared, watch: Watch, *, fallback: Prepared | None = None
) -> Future[tuple[StackOutputs, ...]]:
    pool = ThreadPoolExecutor(1)
    future = pool.submit(environment.deploy, wanted, watch=watch, fallback=fallback)
    pool.shutdown(wait=False)
    return future


def heard(environment: Environment, status: str) -> Callable[[], bool]:
    """A resource of the stack was heard of in that state."""
    return lambda: any(
        resource.status == status for one in environment.heard for resource in one.resources
    )


def test_progress_comes_while_it_happens_and_not_more_than_once_a_second(
    slow_environment: Environment,
) -> None:
    slow_environment.deploy(slow_environment.of(chain("1", count=6)))

    reports = slow_environment.heard
    assert 3 <= len(reports) <= 6
    done = [report.done for report in reports]
    assert done == sorted(done)
    assert done[-1] == reports[-1].total == 6
    assert {report.total for report in reports} == {6}


def test_a_stop_in_the_first_create_leaves_no_stack(slow_environment: Environment) -> None:
    stop = threading.Event()
    deploy = started(
        slow_environment, slow_environment.of(chain("1")), slow_environment.watch(stop=stop)
    )
    until(heard(slow_environment, "CREATE_COMPLETE"))

    stop.set()

    with pytest.raises(Stopped) as stopped:
        deploy.result(timeout=30)
    assert stopped.value.cloud_touched
    assert slow_environment.status() == "-"


def test_a_stop_in_an_update_goes_back_to_what_ran(slow_environment: Environment) -> None:
    """So long a chain that the report of a second tells of it while there is much left to do."""
    long = 8
    slow_environment.deploy(slow_environment.of(chain("old", count=long)))
    slow_environment.heard.clear()
    stop = threading.Event()
    new = slow_environment.of(chain("new", count=long))
    deploy = started(slow_environment, new, slow_environment.watch(stop=stop))
    until(heard(slow_environment, "UPDATE_COMPLETE"))

    stop.set()

    with pytest.raises(Stopped):
        deploy.result(timeout=30)
    assert slow_environment.status() == "UPDATE_ROLLBACK_COMPLETE"
    assert [slow_environment.value(f"/chain/{n}") for n in range(long)] == ["old"] * long


def test_a_stop_before_anything_began_touches_nothing(slow_environment: Environment) -> None:
    stop = threading.Event()
    stop.set()

    with pytest.raises(Stopped) as stopped:
        slow_environment.deploy(
            slow_environment.of(chain("1")), watch=slow_environment.watch(stop=stop)
        )

    assert not stopped.value.cloud_touched
    assert slow_environment.status() == "-"


def test_a_stop_between_two_stacks_begins_no_further_one(slow_environment: Environment) -> None:
    stop = threading.Event()
    builder = slow_environment.builder().stack("shop-data", chain("1"))
    builder.stack(STACK, template_of(One=parameter()))
    old = slow_environment.prepared(builder)
    slow_environment.deploy(old)
    slow_environment.heard.clear()
    changed = slow_environment.builder().stack("shop-data", chain("2", count=2))
    changed.stack(STACK, template_of(One=parameter("2")))
    watch = slow_environment.watch(stop=stop)
    deploy = started(slow_environment, slow_environment.prepared(changed), watch, fallback=old)
    until(heard(slow_environment, "UPDATE_COMPLETE"))

    stop.set()

    with pytest.raises(Stopped):
        deploy.result(timeout=30)
    assert slow_environment.status() == "CREATE_COMPLETE"
    assert slow_environment.value("/chain/0") == "1"


def test_a_deadline_ends_it_like_a_stop(slow_environment: Environment) -> None:
    slow_environment.deployer.bootstrap(slow_environment.account.id)

    with pytest.raises(OutOfTime):
        slow_environment.deploy(
            slow_environment.of(chain("1", count=8)), watch=slow_environment.watch(seconds=1.5)
        )

    assert slow_environment.status() == "-"


def test_what_does_not_settle_is_given_up_in_the_end(slow_environment: Environment) -> None:
    stop = threading.Event()
    watch = slow_environment.watch(stop=stop, settle_seconds=0)
    deploy = started(slow_environment, slow_environment.of(chain("1", count=8)), watch)
    until(heard(slow_environment, "CREATE_COMPLETE"))

    stop.set()

    with pytest.raises(NotPutBack, match="does not settle") as left:
        deploy.result(timeout=30)
    assert left.value.stacks == (STACK,)
    until(lambda: slow_environment.status() == "-", within=30)


def test_a_deploy_waits_for_what_another_one_left_running(slow_environment: Environment) -> None:
    first = started(slow_environment, slow_environment.of(chain("1")), slow_environment.watch())
    until(heard(slow_environment, "CREATE_COMPLETE"))

    slow_environment.deploy(slow_environment.of(chain("2")))

    first.result(timeout=30)
    assert slow_environment.value("/chain/3") == "2"


def test_a_killed_deployer_is_followed_by_one_that_goes_on(slow_environment: Environment) -> None:
    kill_in_mid_create(slow_environment, slow_environment.of(chain("1")))

    slow_environment.deploy(slow_environment.of(chain("2")))

    assert slow_environment.status() == "UPDATE_COMPLETE"
    assert slow_environment.value("/chain/3") == "2"


def test_a_killed_failing_create_is_cleared_by_the_next(slow_environment: Environment) -> None:
    bad = chain("1", count=2)
    resources = bad["Resources"]
    assert isinstance(resources, dict)
    resources["Bad"] = broken_queue() | {"DependsOn": "R1"}
    kill_in_mid_create(slow_environment, slow_environment.of(bad))

    slow_environment.deploy(slow_environment.of(chain("2", count=2)))

    assert slow_environment.status() == "CREATE_COMPLETE"


def kill_in_mid_create(environment: Environment, wanted: Prepared) -> None:
    """Deploy in a process of its own, and kill that once it told of the first resource."""
    command = (sys.executable, "-m", "tests.support.deployer_program", str(wanted.folder))
    reach = environment.reach
    told = {
        "application": str(reach.owner.application_id),
        "environment": str(reach.owner.environment_id),
        "account": reach.account,
        "region": reach.region,
        "stage": reach.stage,
        "bucket": reach.bucket,
        "stacks": sorted(reach.stack_names or ()),
        "endpoint": environment.account.endpoint,
    }
    with subprocess.Popen(
        [*command, json.dumps(told)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as deploying:
        assert deploying.stdout
        assert "CREATE_IN_PROGRESS\n" in iter(deploying.stdout.readline, "")
        deploying.kill()
    assert environment.status() == "CREATE_IN_PROGRESS"
