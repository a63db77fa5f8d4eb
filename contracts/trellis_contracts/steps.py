"""The steps of a run, by which its log and its failures name where something happened."""

from enum import StrEnum


class Step(StrEnum):
    """The steps of a run, in their order; `plan` leaves out what a kind does not need."""

    CHECKOUT = "checkout"
    INSTALL = "install"
    TEST = "test"
    SYNTHESISE = "synthesise"
    BEFORE_DEPLOY = "before_deploy"
    DEPLOY = "deploy"
    AFTER_DEPLOY = "after_deploy"
    REMOVE = "remove"
    CONTINUE = "continue"
    PREVIEW = "preview"
    """It works out what would change, and changes nothing."""
