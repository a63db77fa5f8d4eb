"""Whoever types what does not fit is told what does, in words and not by a pattern."""

import httpx
import pytest
from fastapi import FastAPI
from pydantic import BaseModel, Field, SecretStr

from services.chassis.problems import install_problems
from trellis_contracts import names


class Form(BaseModel):
    """Whatever a person types somewhere."""

    name: names.ApplicationName = "shop"
    stage: names.Stage = "dev"
    stack: names.StackName = "shop"
    commit: names.CommitSha = "a" * 40
    variable: names.VariableName = "LEVEL"
    region: names.Region = "eu-west-1"
    repository: names.RepositoryUrl = "https://github.com/acme/shop"
    folder: names.FolderPath = ""
    key: SecretStr = Field(default=SecretStr("long enough"), min_length=4)


async def told(field: str, typed: str) -> str:
    """What the API says of one field."""
    app = FastAPI()
    install_problems(app)

    @app.post("/")
    async def take(form: Form) -> None:
        assert form.name

    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://t.example") as client:
        answer = await client.post("/", json={field: typed})
    assert answer.status_code == 422
    (fault,) = answer.json()["errors"]
    assert fault["where"] == f"body.{field}"
    return str(fault["reason"])


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("name", "Shop", "small letter"),
        ("stage", "a" * 21, "20 characters"),
        ("stack", "my_stack", "hyphens"),
        ("commit", "abc1234", "full SHA"),
        ("variable", "4IT", "letter or _"),
        ("region", "Frankfurt", "eu-west-1"),
        ("repository", "git@github.com:acme/shop.git", "https://github.com/acme/shop"),
        ("folder", "infra/", "no slash at its ends"),
        ("key", "abc", "at least 4 characters"),
    ],
)
async def test_what_does_not_fit_is_refused_in_words(field: str, typed: str, words: str) -> None:
    said = await told(field, typed)

    assert words in said
    assert "^" not in said
