"""An update tells of the resources that it changes, and of no others.

MiniStack sends UPDATE_IN_PROGRESS and UPDATE_COMPLETE for every resource of the stack. The first of
the two is held back here until the step is known to change something; then both are shown.
"""

from typing import Any

from ministack.services.cloudformation import stacks


def apply() -> None:
    """Wrap events, creates and updates; to be applied last, so that an event precedes its step."""
    provision, update = stacks._provision_resource, stacks._update_resource
    events = _Events()

    def provision_shown(kind: str, logical_id: str, properties: Any, stack: str) -> Any:
        events.show_held(stack, logical_id)
        return provision(kind, logical_id, properties, stack)

    def update_shown(
        kind: str, physical_id: str, old: Any, new: Any, stack: str, logical_id: str, *rest: Any
    ) -> Any:
        if old != new:
            events.show_held(stack, logical_id)
        return update(kind, physical_id, old, new, stack, logical_id, *rest)

    stacks._add_event = events.add
    stacks._provision_resource, stacks._update_resource = provision_shown, update_shown


class _Events:
    """Stands in for MiniStack's `_add_event`, holding at most one event of a resource back."""

    def __init__(self) -> None:
        self._show = stacks._add_event
        self._held: dict[tuple[str, str], tuple[str, ...]] = {}

    def add(
        self,
        stack_id: str,
        stack: str,
        logical_id: str,
        kind: str,
        status: str,
        *rest: Any,
        **named: Any,
    ) -> None:
        announces_update = status == "UPDATE_IN_PROGRESS" and logical_id != stack
        if announces_update and not rest and not named:
            self._held[stack, logical_id] = (stack_id, stack, logical_id, kind, status)
            return
        if status == "UPDATE_COMPLETE" and self._held.pop((stack, logical_id), ()):
            return  # never shown as begun: nothing changed
        self.show_held(stack, logical_id)
        self._show(stack_id, stack, logical_id, kind, status, *rest, **named)

    def show_held(self, stack: str, logical_id: str) -> None:
        event = self._held.pop((stack, logical_id), ())
        if event:
            self._show(*event)
