"""`make corpus DIR=… ONLY=sst,cdk`: public applications as they are, by Trellis and by hand.

Each is created from its URL alone, deployed, called, deployed again after a second commit, rolled
back and removed, in an account of its own; what stood there is compared with what its own CLI makes
of it on a second local AWS. Writes build/corpus.json.
"""

import argparse
import asyncio
import json
import secrets
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.table import Table

from cli.local_aws import LocalAws
from services.builder.adapters.frameworks.known import find_application
from services.chassis.logging import configure_logging
from tests.rigs.corpus.account import Account
from tests.rigs.corpus.by_hand import ByHand, deploy_by_hand
from tests.rigs.corpus.by_trellis import ByTrellis, deploy_by_trellis
from tests.rigs.corpus.comparing import Outcome, Verdict, compare
from tests.rigs.corpus.installing import by_lock
from tests.rigs.corpus.toolchain import installed_tools
from tests.rigs.saying import say
from tests.support.aws import INSTALLATION
from tests.support.stack import whole_trellis

_WIDEST = 60
_COLUMNS = (
    *("application", "by hand", "by Trellis", "same", "s by hand", "s Trellis"),
    *("answers", "why"),
)
RESULT = Path(__file__).parents[3] / "build" / "corpus.json"


async def main(folder: Path, only: list[str]) -> int:
    """Try every application that is chosen; 1 when one was not the same."""
    names = [
        path.name
        for path in sorted(folder.iterdir())
        if path.is_dir() and path.name.startswith(tuple(only))
    ]
    results: dict[str, dict[str, object]] = {}
    verdicts: list[tuple[str, Verdict]] = []
    with _local_aws() as aws:
        tools = await installed_tools()
        for name in names:
            verdict = await _try(folder / name, aws, tools)
            verdicts.append((name, verdict))
            results[name] = verdict.written()
            RESULT.parent.mkdir(exist_ok=True)
            RESULT.write_text(json.dumps(results, indent=2) + "\n")
    Console(width=140).print(_table(verdicts))
    same, fail, differ = (
        sum(verdict.outcome is outcome for _, verdict in verdicts) for outcome in Outcome
    )
    say(f"corpus: {len(verdicts)} tried, {same} the same, {fail} fail both ways, {differ} not")
    return 0 if verdicts and not differ else 1


async def _try(application: Path, aws: LocalAws, tools: Path) -> Verdict:
    say(f"{application.name}: by its own CLI …")
    by_hand = await _by_hand(application, aws, tools)
    say(f"   {_line(by_hand.failed)} ({by_hand.seconds:.0f} s)")
    say(f"{application.name}: by Trellis …")
    by_trellis = await _by_trellis(application)
    spent = ", ".join(f"{name} {seconds:.0f} s" for name, seconds in by_trellis.seconds.items())
    say(f"   {_line(by_trellis.failed)} ({spent})")
    verdict = compare(by_hand, by_trellis)
    say(f"   {verdict.outcome.value}: {verdict.why}")
    return verdict


async def _by_hand(application: Path, aws: LocalAws, cdk: Path) -> ByHand:
    with tempfile.TemporaryDirectory(prefix="trellis-corpus-") as folder:
        copy = Path(shutil.copytree(application, Path(folder) / "source"))
        found = find_application(copy)
        install = by_lock(copy, found.folder)
        manager = install.toolchain
        tools = (cdk, *((await installed_tools(manager),) if manager else ()))
        deploy = partial(deploy_by_hand, copy, found, install, account=_account(aws), tools=tools)
        return await asyncio.to_thread(deploy)


async def _by_trellis(application: Path) -> ByTrellis:
    with tempfile.TemporaryDirectory(prefix="trellis-corpus-") as folder:
        async with whole_trellis(Path(folder), name="application") as stage:
            assert stage.up.local_aws is not None
            account = Account(stage.accounts["development"], stage.up.local_aws)
            return await deploy_by_trellis(application, stage, account)


def _account(aws: LocalAws) -> Account:
    return Account(str(10**11 + secrets.randbelow(9 * 10**11)), aws)


@contextmanager
def _local_aws() -> Iterator[LocalAws]:
    with tempfile.TemporaryDirectory(prefix="trellis-corpus-aws-") as folder:
        aws = LocalAws(Path(folder), installation=INSTALLATION)
        aws.install(say)
        aws.start()
        try:
            yield aws
        finally:
            aws.stop()


def _line(failed: str | None) -> str:
    return failed.replace("\n", "\n   ") if failed else "deployed and removed"


def _shortened(why: str) -> str:
    """The table says what fits; build/corpus.json and what was printed on the way have it whole."""
    first = why.splitlines()[0]
    return first if len(first) <= _WIDEST else f"{first[:_WIDEST]} …"


def _table(verdicts: list[tuple[str, Verdict]]) -> Table:
    shown = Table(title="Public applications, by their own CLI and by Trellis")
    for column in _COLUMNS:
        shown.add_column(column)
    for name, verdict in verdicts:
        shown.add_row(
            name,
            verdict.by_hand,
            verdict.trellis,
            verdict.outcome.value,
            f"{verdict.seconds_by_hand:.0f}",
            f"{verdict.seconds_trellis:.0f}",
            verdict.answers,
            _shortened(verdict.why),
        )
    return shown


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.rigs.corpus", description=__doc__)
    parser.add_argument("folder", type=Path, help="the applications, one folder each")
    parser.add_argument("--only", default="", help="beginnings of their names, by commas")
    given = parser.parse_args()
    configure_logging("corpus", "error")
    if not given.folder.is_dir():
        say(f"corpus: NOT RUN: there is no folder {given.folder}")
        sys.exit(1)
    sys.exit(asyncio.run(main(given.folder, given.only.split(","))))
