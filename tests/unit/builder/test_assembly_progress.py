"""Events become at most one report a second, and nothing is lost between two."""

from datetime import UTC, datetime

from services.builder.adapters.deployer.progress import Event, Gathered

AT = datetime(2026, 1, 1, tzinfo=UTC)


def event(logical_id: str, status: str, reason: str | None = None, *, stack: bool = False) -> Event:
    return Event(
        id=f"{logical_id}-{status}",
        logical_id=logical_id,
        physical_id="",
        type="AWS::SNS::Topic",
        status=status,
        reason=reason,
        at=AT,
        of_stack=stack,
    )


def test_a_second_report_within_a_second_waits_and_holds_everything() -> None:
    gathered = Gathered("shop", total=2)
    gathered.add([event("A", "CREATE_IN_PROGRESS")])
    assert gathered.report("CREATE_IN_PROGRESS", now=10)

    gathered.add([event("A", "CREATE_COMPLETE")])
    gathered.add([event("B", "CREATE_IN_PROGRESS")])
    assert gathered.report("CREATE_IN_PROGRESS", now=10.9) is None
    report = gathered.report("CREATE_IN_PROGRESS", now=11)

    assert report
    assert [(r.logical_id, r.status) for r in report.resources] == [
        ("A", "CREATE_COMPLETE"),
        ("B", "CREATE_IN_PROGRESS"),
    ]
    assert (report.done, report.total) == (1, 2)


def test_no_news_is_no_report() -> None:
    gathered = Gathered("shop")
    assert gathered.report("UPDATE_IN_PROGRESS", now=0)

    assert gathered.report("UPDATE_IN_PROGRESS", now=100) is None
    assert gathered.report("UPDATE_COMPLETE", now=100)


def test_the_last_report_waits_for_nothing_and_is_complete() -> None:
    gathered = Gathered("shop", total=5)
    gathered.add([event("A", "UPDATE_IN_PROGRESS")])
    gathered.report("UPDATE_IN_PROGRESS", now=1)
    gathered.add([event("A", "UPDATE_COMPLETE"), event("shop", "UPDATE_COMPLETE", stack=True)])

    report = gathered.report("UPDATE_COMPLETE", now=1.1, ended=True)

    assert report
    assert (report.done, report.total) == (1, 1)
    assert [r.logical_id for r in report.resources] == ["A"]


def test_a_failure_is_told_though_the_resource_is_gone_a_moment_later() -> None:
    gathered = Gathered("shop", total=1)
    gathered.add([event("A", "CREATE_FAILED", "because"), event("A", "DELETE_COMPLETE")])

    report = gathered.report("ROLLBACK_IN_PROGRESS", now=1)

    assert report
    assert [(r.status, r.reason) for r in report.resources] == [
        ("CREATE_FAILED", "because"),
        ("DELETE_COMPLETE", None),
    ]


def test_more_resources_than_were_foreseen_raise_the_total() -> None:
    gathered = Gathered("shop", total=1)
    gathered.add([event("A", "UPDATE_COMPLETE"), event("B", "UPDATE_COMPLETE")])

    report = gathered.report("UPDATE_IN_PROGRESS", now=1)

    assert report
    assert (report.done, report.total) == (2, 2)


def test_the_largest_report_stays_below_what_a_message_may_have() -> None:
    gathered = Gathered("shop", total=500)
    gathered.add(event(f"{n:0255}", "CREATE_FAILED", "r" * 5000) for n in range(500))

    report = gathered.report("ROLLBACK_IN_PROGRESS", now=1)

    assert report
    size = sum(len(resource.model_dump_json()) for resource in report.resources)
    assert size < 480 << 10
