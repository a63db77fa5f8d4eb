"""Tokens: an administrator makes, lists and revokes them."""

from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from pydantic import Field, model_validator

from services.chassis.identity import identified
from services.chassis.logging import get_logger
from services.chassis.problems import Problem
from services.ingest.adapters.tokens import LastAdministrator, NameTaken, Token, Tokens
from services.ingest.handlers.asking import Administrator, Body
from trellis_contracts.names import ActorId
from trellis_contracts.rights import Right, Role

TokenName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
TokenActor = Annotated[str, Field(pattern=r"^(person|robot):[A-Za-z0-9._@-]{1,64}$")]
"""Never a service: what services say of themselves cannot be said with a token."""


class NewToken(Body):
    """A token to make; what is done with it is done by `actor`.

    That is `person:<name>` if it is not said, `robot:<name>` for a deployer. `only` are ids of
    applications and environments: nothing else can be changed with it.
    """

    name: TokenName
    role: Role = Role.DEVELOPER
    actor: TokenActor | None = None
    only: tuple[UUID, ...] = Field(default=(), max_length=50)

    @model_validator(mode="after")
    def _an_administrator_is_not_limited(self) -> Self:
        if self.only and self.role is Role.ADMIN:
            raise ValueError("an administrator's token cannot be limited: take another role")
        return self

    @property
    def acts_as(self) -> ActorId:
        """Who does what is done with it."""
        kind = "robot" if self.role is Role.DEPLOYER else "person"
        return self.actor or f"{kind}:{self.name}"


class NewTokenView(Token):
    """A token and its value, which is shown this once."""

    token: str


class TokenRoutes:
    """The routes of tokens."""

    def __init__(self, tokens: Tokens) -> None:
        """Takes who keeps them."""
        self._tokens = tokens

    def router(self) -> APIRouter:
        """The routes, to be included under the API's prefix."""
        router = APIRouter(prefix="/tokens", tags=["tokens"])
        router.post("", status_code=201)(self.make)
        router.get("", dependencies=[Depends(identified(Right.ADMINISTER))])(self.list_all)
        router.delete("/{token_id}", status_code=204)(self.revoke)
        return router

    async def make(
        self, *, asked: NewToken, who: Administrator, response: Response
    ) -> NewTokenView:
        """Make a token; its value is in this answer and nowhere else."""
        try:
            token, value = await self._tokens.issue(
                asked.name, actor=asked.acts_as, role=asked.role, only=asked.only
            )
        except NameTaken as taken:
            raise Problem(409, str(taken), remedy="Revoke it or take another name.") from taken
        get_logger().info("token made", by=who.actor, named=token.name, role=token.role)
        response.headers["Cache-Control"] = "no-store"
        return NewTokenView(**token.model_dump(), token=value.get_secret_value())

    async def list_all(self) -> tuple[Token, ...]:
        """List every token that was ever made, without its value."""
        return await self._tokens.every()

    async def revoke(self, *, token_id: UUID, who: Administrator) -> None:
        """End a token: it opens nothing from now on; an identity made of it lives 60 seconds."""
        try:
            known = await self._tokens.revoke(token_id)
        except LastAdministrator as last:
            raise Problem(409, str(last), remedy="Make another administrator's first.") from last
        if not known:
            raise Problem(404, "There is no such token.")
        get_logger().info("token revoked", by=who.actor, id=str(token_id))
