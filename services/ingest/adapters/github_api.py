"""GitHub's REST API, as far as a hook's recent deliveries need it; the token goes nowhere else.

ApiTrouble
├── ApiRefused        this one question: there is no such thing, or not for this token
├── TokenRefused      every question: GitHub does not know the token
├── ApiLimited        the token has asked too often, until some moment
└── ApiUnavailable    nobody answered, or with a failure of its own
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar

import httpx
from pydantic import SecretStr, TypeAdapter, ValidationError

from services.chassis.clock import Clock
from services.ingest.domain.redelivery import Attempt, ForgeHook
from trellis_contracts.names import RepositoryName

_SECONDS = 10
_MOST_HOPS = 3
_MOST_PAGES = 20
_SHORTEST_WAIT = timedelta(minutes=1)
_REPOSITORY = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*/(?!\.\.?$)[A-Za-z0-9_.-]+")
_NUMBER = re.compile(r"[0-9]{1,10}")
_UNAUTHORIZED, _FORBIDDEN, _TOO_MANY = 401, 403, 429

_HOOKS: Final = TypeAdapter(tuple[ForgeHook, ...])
_ATTEMPTS: Final = TypeAdapter(tuple[Attempt, ...])

Listed = TypeVar("Listed")


class ApiTrouble(Exception):
    """GitHub's API did not do what it was asked for."""


class ApiRefused(ApiTrouble):
    """This question has no answer: the thing is not there, or not for this token."""

    def __init__(self, reason: str) -> None:
        """Takes what was observed."""
        super().__init__(f"GitHub's API does not tell: {reason}")


class TokenRefused(ApiTrouble):
    """GitHub does not know the token."""

    def __init__(self) -> None:
        """Says what to do."""
        super().__init__(
            "GitHub does not know the token (401): it has ended, or was revoked. Set "
            "TRELLIS_GITHUB_TOKEN to another one."
        )


class ApiLimited(ApiTrouble):
    """The token has asked for as much as it may for now."""

    def __init__(self, until: datetime) -> None:
        """Takes when it may ask again."""
        self.until = until
        super().__init__("the token has asked GitHub's API as often as it may for now")


class ApiUnavailable(ApiTrouble):
    """Nobody answered, or with a failure of its own."""

    def __init__(self, reason: str) -> None:
        """Takes what was observed."""
        super().__init__(f"GitHub's API does not answer: {reason}")


class GitHubApi:
    """The API at one address, asked with one token."""

    def __init__(self, url: str, token: SecretStr, *, clock: Clock) -> None:
        """Takes where the API is and whoever's token; connects when it is asked."""
        self._base, self._clock = httpx.URL(url.rstrip("/")), clock
        self._client = httpx.AsyncClient(
            timeout=_SECONDS,
            headers={
                "Accept": "application/vnd.github+json",
                "Authorization": f"Bearer {token.get_secret_value()}",
                "User-Agent": "trellis",
                "X-GitHub-Api-Version": "2022-11-28",
            },
        )

    async def close(self) -> None:
        """Let go of the connections."""
        await self._client.aclose()

    async def hooks(self, repository: RepositoryName) -> tuple[ForgeHook, ...]:
        """Give the hooks of a repository. Raises ApiTrouble."""
        answer = await self._ask("GET", self._url(repository, "hooks?per_page=100"))
        return _listed(answer, _HOOKS)

    async def attempts(
        self, repository: RepositoryName, hook: int, *, since: datetime
    ) -> tuple[Attempt, ...]:
        """Give the attempts of a hook since then, and maybe some older ones. Raises ApiTrouble."""
        found: list[Attempt] = []
        answer = await self._ask(
            "GET", self._url(repository, f"hooks/{hook}/deliveries?per_page=100")
        )
        for _ in range(_MOST_PAGES):
            page = _listed(answer, _ATTEMPTS)
            found += page
            further = _next(answer)
            if further is None or not page or page[-1].delivered_at < since:
                break
            answer = await self._ask("GET", further)
        return tuple(found)

    async def send_again(self, repository: RepositoryName, hook: int, *, attempt: int) -> None:
        """Have a delivery sent once more; GitHub does it soon after. Raises ApiTrouble."""
        await self._ask(
            "POST", self._url(repository, f"hooks/{hook}/deliveries/{attempt}/attempts")
        )

    def _url(self, repository: RepositoryName, path: str) -> httpx.URL:
        if not _REPOSITORY.fullmatch(repository):
            raise ApiRefused(f"{repository} cannot be a repository of GitHub")
        return httpx.URL(f"{self._base}/repos/{repository}/{path}")

    async def _ask(self, method: str, url: httpx.URL) -> httpx.Response:
        """Follow a repository that was renamed, but never to where the token does not belong."""
        for _ in range(_MOST_HOPS):
            if _origin(url) != _origin(self._base):
                raise ApiRefused("it leads to another address, which does not get the token")
            answer = await self._one(method, url)
            if not answer.has_redirect_location:
                return self._checked(answer)
            url = _joined(answer, answer.headers["Location"])
        raise ApiRefused("it leads in circles")

    async def _one(self, method: str, url: httpx.URL) -> httpx.Response:
        try:
            return await self._client.request(method, url)
        except httpx.TransportError as away:
            raise ApiUnavailable(str(away) or type(away).__name__) from away
        except httpx.HTTPError as odd:
            raise ApiUnavailable(type(odd).__name__) from odd

    def _checked(self, answer: httpx.Response) -> httpx.Response:
        if answer.is_success:
            return answer
        if answer.status_code == _UNAUTHORIZED:
            raise TokenRefused
        if until := self._limited_until(answer):
            raise ApiLimited(until)
        if answer.is_client_error:
            raise ApiRefused(f"it answers {answer.status_code}")
        raise ApiUnavailable(f"it answers {answer.status_code}")

    def _limited_until(self, answer: httpx.Response) -> datetime | None:
        """The documented signs of a limit; without a time in them, a minute is to pass."""
        status, headers = answer.status_code, answer.headers
        after, reset = headers.get("Retry-After", ""), headers.get("X-RateLimit-Reset", "")
        spent = headers.get("X-RateLimit-Remaining") == "0"
        if status != _TOO_MANY and not (status == _FORBIDDEN and (after or spent)):
            return None
        now = self._clock()
        if _NUMBER.fullmatch(after):
            return now + timedelta(seconds=int(after))
        if spent and _NUMBER.fullmatch(reset):
            return max(now, datetime.fromtimestamp(int(reset), UTC))
        return now + _SHORTEST_WAIT


def _listed(answer: httpx.Response, shape: TypeAdapter[Listed]) -> Listed:
    try:
        return shape.validate_json(answer.content)
    except ValidationError:
        raise ApiRefused("what it says is not what GitHub documents") from None


def _next(answer: httpx.Response) -> httpx.URL | None:
    link = answer.links.get("next", {}).get("url")
    return _joined(answer, link) if link else None


def _joined(answer: httpx.Response, where: str) -> httpx.URL:
    try:
        return answer.url.join(where)
    except httpx.InvalidURL:
        raise ApiRefused("it leads nowhere") from None


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port
