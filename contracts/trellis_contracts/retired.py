"""Events that are no longer written and still readable: their old shapes and upcasts.

To change the shape of an event: raise its `schema_version`, add the step from the old version
here, and keep the old golden file. A step is pure: the old body in, the next version's out.
"""

from collections.abc import Callable, Mapping
from typing import Any

Body = dict[str, Any]
Upcast = Callable[[Body], Body]

_MAY_LEAVE_STACKS = (
    "AssemblyRefused",
    "CredentialsRejected",
    "DeployFailed",
    "RunErrored",
    "RunTimedOut",
    "StackStuck",
)

UPCASTS: Mapping[tuple[str, int], Upcast] = {
    ("DeployRequested", 1): lambda body: {**body, "continues": None},
    ("InstallFailed", 1): lambda body: {**body, "detail": None},
    **{(name, 1): lambda body: {**body, "not_back": []} for name in _MAY_LEAVE_STACKS},
    ("StartRun", 1): lambda body: {**body, "continues": None},
}
"""(type, version) to the step that makes it that type's next version."""
