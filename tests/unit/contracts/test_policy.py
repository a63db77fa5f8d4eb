"""The table of routes and the policy of rights."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from trellis_contracts.names import derived_id
from trellis_contracts.rights import Identity, Right, Role, may, reaches
from trellis_contracts.routes import ROUTES


@pytest.mark.parametrize(
    ("role", "granted"),
    [
        (Role.VIEWER, {Right.READ}),
        (Role.DEPLOYER, {Right.READ, Right.DEPLOY}),
        (
            Role.DEVELOPER,
            {Right.READ, Right.DEPLOY, Right.APPROVE, Right.CONFIGURE, Right.CREATE},
        ),
        (Role.ADMIN, set(Right)),
    ],
)
def test_a_role_may_do_this_and_nothing_else(role: Role, granted: set[Right]) -> None:
    assert {right for right in Right if may(role, right)} == granted


def test_a_limited_identity_reads_everywhere_and_changes_its_own_places() -> None:
    shop, staging, other = (derived_id(name) for name in ("shop", "staging", "other"))
    limited = _identity(shop)
    for places, there in (((shop,), True), ((shop, staging), True), ((other,), False), ((), False)):
        assert reaches(limited, Right.DEPLOY, frozenset(places)) is there
        assert reaches(limited, Right.READ, frozenset(places))
        assert reaches(_identity(), Right.DEPLOY, frozenset(places))


def _identity(*only: UUID) -> Identity:
    later = datetime(2026, 3, 1, tzinfo=UTC)
    return Identity(actor="robot:ci", role=Role.DEPLOYER, expires_at=later, only=only)


def test_only_webhooks_health_and_signing_in_and_out_are_open() -> None:
    is_open = {route.prefix for route in ROUTES if not route.guarded}

    assert is_open == {"/webhooks/", "/health/", "/sign-in", "/sign-out"}


def test_every_prefix_stands_once() -> None:
    assert len({route.prefix for route in ROUTES}) == len(ROUTES)
