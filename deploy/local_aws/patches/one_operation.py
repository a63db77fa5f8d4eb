"""A stack runs one operation at a time.

MiniStack lets a change set run and a delete start beside a running create or update, and a stack
deleted in mid-create ended CREATE_COMPLETE without its resources. As on AWS, CreateChangeSet and
ExecuteChangeSet are refused while an operation runs; DeleteStack is refused during an update, and
during a create it stops the create, lets it roll back and then deletes.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from ministack.services import cloudformation
from ministack.services.cloudformation import changesets, handlers, helpers, stacks

Parameters = Mapping[str, Any]
Response = tuple[int, dict[str, str], bytes]

_STOPPABLE = ("CREATE_IN_PROGRESS", "ROLLBACK_IN_PROGRESS")


def apply() -> None:
    """Guard the three actions and the creation of a resource."""
    _refuse_while_busy("CreateChangeSet", "updated")
    _refuse_while_busy("ExecuteChangeSet", "updated")
    _refuse_while_busy("DeleteStack", "deleted", allowed=(*_STOPPABLE, "DELETE_IN_PROGRESS"))
    _stop_create_before_delete()


def _refuse_while_busy(action: str, verb: str, allowed: tuple[str, ...] = ()) -> None:
    original: Callable[[Parameters], Response] = handlers._ACTION_HANDLERS[action]

    def guarded(parameters: Parameters) -> Response:
        stack = _stack_of(parameters)
        status = stack.get("StackStatus", "")
        busy = status.endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS"
        if not busy or status in allowed:
            return original(parameters)
        refusal: Response = helpers._error(
            "ValidationError",
            f"Stack:{stack['StackId']} is in {status} state and can not be {verb}.",
        )
        return refusal

    handlers._ACTION_HANDLERS[action] = guarded


def _stack_of(parameters: Parameters) -> dict[str, Any]:
    name = helpers._p(parameters, "StackName")
    if not name:  # ExecuteChangeSet may give the change set's ARN alone
        change_set = changesets._find_change_set(helpers._p(parameters, "ChangeSetName"))[1]
        name = (change_set or {}).get("StackName", "")
    return (handlers._resolve_stack(name) if name else None) or {}


def _stop_create_before_delete() -> None:
    delete, provision = handlers._delete_stack_async, stacks._provision_resource

    async def delete_after_create(name: str, *rest: Any, **options: Any) -> None:
        stack = cloudformation._stacks.get(name) or {}
        while stack.get("StackStatus") in _STOPPABLE:
            stack["_delete_requested"] = True
            await asyncio.sleep(0.05)
        stack.pop("_delete_requested", None)
        await delete(name, *rest, **options)

    def provision_unless_stopped(kind: str, logical_id: str, properties: Any, name: str) -> Any:
        if (cloudformation._stacks.get(name) or {}).get("_delete_requested"):
            raise RuntimeError("Resource creation cancelled")
        return provision(kind, logical_id, properties, name)

    handlers._delete_stack_async = delete_after_create
    stacks._provision_resource = provision_unless_stopped
