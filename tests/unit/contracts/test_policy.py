"""The table of routes and the policy of rights."""

import pytest

from trellis_contracts.rights import Right, Role, may
from trellis_contracts.routes import ROUTES


@pytest.mark.parametrize(
    ("role", "granted"),
    [
        (Role.VIEWER, {Right.READ}),
        (Role.DEVELOPER, {Right.READ, Right.DEPLOY, Right.CONFIGURE, Right.CREATE}),
        (Role.ADMIN, set(Right)),
    ],
)
def test_a_role_may_do_this_and_nothing_else(role: Role, granted: set[Right]) -> None:
    assert {right for right in Right if may(role, right)} == granted


def test_only_webhooks_health_and_signing_in_and_out_are_open() -> None:
    is_open = {route.prefix for route in ROUTES if not route.guarded}

    assert is_open == {"/webhooks/", "/health/", "/sign-in", "/sign-out"}


def test_every_prefix_stands_once() -> None:
    assert len({route.prefix for route in ROUTES}) == len(ROUTES)
