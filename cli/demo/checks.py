"""What must hold for the demo to say that it held; each gives a sentence when it does not."""

from collections.abc import Mapping, Sequence


def wrong_answer(
    said: Mapping[str, object], url: str, *, version: int, environment: str
) -> str | None:
    """Look at what a deployed URL answered."""
    if (said.get("version"), said.get("stage")) == (version, environment):
        return None
    return f"{url} answered {dict(said)}, not version {version} in {environment}."


def shared_address(urls: Mapping[str, str]) -> str | None:
    """Look whether each environment answers on a URL of its own; takes URLs by environment."""
    by_url: dict[str, str] = {}
    for environment, url in urls.items():
        if first := by_url.get(url):
            return f"{first} and {environment} answer on one URL, {url}."
        by_url[url] = environment
    return None


def unseen(stacks: Mapping[str, Sequence[str]]) -> str | None:
    """Look whether the cloud shows what runs, so that it can show later that nothing does."""
    hidden = [environment for environment, names in stacks.items() if not names]
    if not hidden:
        return None
    return f"The cloud shows no stack of {', '.join(hidden)}, where one runs."


def left_over(stacks: Mapping[str, Sequence[str]]) -> str | None:
    """Look whether a teardown left something; takes the names of stacks by environment."""
    left = [f"{name} ({environment})" for environment, names in stacks.items() for name in names]
    return f"After the teardown these stacks are left: {', '.join(left)}." if left else None
