"""Deploys and removes: the one place where an assembly meets credentials."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from services.builder.adapters.deployer.access import (
    Access,
    AwsCredentials,
    Identity,
    speaking,
)
from services.builder.adapters.deployer.bootstrap import bootstrap
from services.builder.adapters.deployer.bringing import Bringing
from services.builder.adapters.deployer.errors import CredentialsRefused
from services.builder.adapters.deployer.foreseeing import Foresight
from services.builder.adapters.deployer.lookups import Question, look_up
from services.builder.adapters.deployer.one_stack import OneStack
from services.builder.adapters.deployer.orphans import orphans
from services.builder.adapters.deployer.prepared import Prepared
from services.builder.adapters.deployer.removal import belongs_to_another, remove_stacks
from services.builder.adapters.deployer.stacks import check_owner, find_stack
from services.builder.adapters.deployer.uploads import Uploads
from services.builder.adapters.deployer.watch import Watch
from services.builder.domain.assembly.reach import Owner
from trellis_contracts.changes import StackChanges
from trellis_contracts.releases import Cloud, Release, StackOutputs


class Deployer:
    """Works in one account and region. Any thread may use it, one operation at a time.

    Whatever it raises beside `Stopped`, `OutOfTime` and `NotPutBack` is a `DeployerError` or a
    `Refusal`, or is ours (botocore's own errors).
    """

    def __init__(
        self,
        credentials: AwsCredentials,
        region: str,
        *,
        endpoint: str | None = None,
        instance: str | None = None,
    ) -> None:
        """Takes an environment's key; `endpoint` and `instance` are those of a local AWS."""
        self._access = Access(credentials, region, endpoint)
        self._instance = instance

    def identity(self) -> Identity:
        """Ask AWS who we are.

        Raises:
            CredentialsRefused, AwsUnreachable
        """
        with speaking():
            return self._access.identity

    def cloud(self, identity: Identity) -> Cloud:
        """Say where a release of this deployer runs."""
        return Cloud(account=identity.account, region=self._access.region, instance=self._instance)

    def bootstrap(self, account: str) -> str:
        """See that the account's asset bucket is there, and name it.

        Raises:
            StackFailed, CredentialsRefused, AwsUnreachable
        """
        with speaking():
            return bootstrap(self._access, account)

    def look_up(self, questions: Iterable[Question]) -> dict[str, Any]:
        """Answer what an application asks about its account, by the key of each question.

        Raises:
            LookupMissing, CredentialsRefused, AwsUnreachable
        """
        with speaking():
            return look_up(self._access, self._access.identity.account, questions)

    def deploy(
        self,
        wanted: Prepared,
        *,
        watch: Watch,
        previous: Release | None = None,
        fallback: Prepared | None = None,
    ) -> tuple[StackOutputs, ...]:
        """Bring the environment to an assembly, and give its stacks with their outputs, in order.

        Before anything is touched, every stack must be this environment's or nobody's. What
        `previous` ran and the assembly has no more is removed at the end. Until then, whatever
        fails, and when it is ended, the stacks that it changed are put back: to `fallback`, the
        assembly of `previous`, or away if this deploy made them. Called again after its process
        was killed, it waits for what runs and goes on.

        Raises:
            StackOfAnother: a stack of its name belongs to somebody else; nothing was touched.
            SecretMissing, CredentialsRefused: nothing was touched.
            StackFailed, Stopped, OutOfTime: the environment runs what it ran before.
            StackStuck: a stack cannot go back; its rollback was continued once.
            StackNotRemoved: the environment runs the assembly, and something else still.
            NotPutBack: it was one of these, and stacks are not what they were.
            AwsUnreachable: it is not known how it stands; deploy again.
        """
        wanted.check_secrets()
        with speaking():
            self._check_account(wanted.assembly.reach.account, previous)
            self._check_owners(wanted)
            watch.check()
            uploads = self._upload(wanted, watch)
            one = OneStack(self._access, wanted.assembly.reach.owner, watch, wanted.hide)
            bringing = Bringing(one, wanted, uploads, fallback)
            rest = self._rest(previous, wanted)
            done = bringing.bring(more_follows=bool(rest))
            if previous and rest:
                self._remove_rest(rest, one, previous)
                done = bringing.drop_exports(done)
        return tuple(deployed.outputs for deployed in done)

    def foresee(
        self, wanted: Prepared, *, watch: Watch, previous: Release | None = None
    ) -> tuple[StackChanges, ...]:
        """Say what a deploy would change, stack by stack, without changing anything.

        Change sets are made and taken back. A stack of which nothing can be said now says why.

        Raises:
            StackOfAnother, SecretMissing, CredentialsRefused, AwsUnreachable, Stopped, OutOfTime
        """
        wanted.check_secrets()
        reach = wanted.assembly.reach
        with speaking():
            self._check_account(wanted.assembly.reach.account, previous)
            uploads = Uploads(self._access, reach.bucket, reach.account)
            foresight = Foresight(self._access, reach.owner, watch, uploads)
            changes = [foresight.change(stack, wanted) for stack in wanted.assembly.stacks]
            if previous and (rest := self._rest(previous, wanted)):
                there = replace(foresight, access=self._access_to(previous))
                changes += filter(None, (there.removal(stack) for stack in rest))
            return tuple(changes)

    def remove(
        self,
        stacks: Iterable[StackOutputs | str],
        owner: Owner,
        *,
        watch: Watch,
        release: Release | None = None,
    ) -> tuple[str, ...]:
        """Delete stacks, the last one first, and give the names of those that are verified gone.

        `release` is what they are of: it says in which account.

        A stack that was recorded is known by its id; one given by its name must carry the
        owner's tags. What is gone already counts as gone. Whatever else carries the owner's tags
        in the account and region goes first: it came last, and nobody recorded it.

        Raises:
            StackNotRemoved: something is still there.
            StackOfAnother, CredentialsRefused, AwsUnreachable, Stopped, OutOfTime
        """
        with speaking():
            if release:
                self._check_account(self._access.identity.account, release)
            one, known = OneStack(self._access, owner, watch), tuple(stacks)
            return remove_stacks(one, (*known, *orphans(one, known=known)))

    def continue_rollback(
        self, stack: str, owner: Owner, *, watch: Watch, skip: Sequence[str] = ()
    ) -> None:
        """Continue the stuck rollback of a stack, without the resources that a person gave up.

        Trellis's own never skip one. They are named as `StackStuck` names them.

        Raises:
            StackStuck: it is stuck still.
            StackFailed: its rollback is not stuck.
            StackOfAnother, CredentialsRefused, AwsUnreachable
        """
        with speaking():
            OneStack(self._access, owner, watch).free(stack, skip=skip)

    def _check_account(self, account: str, previous: Release | None) -> None:
        """What is not in this account is not gone: it may be in the one that was recorded."""
        if previous and self._is_here(previous.cloud) and previous.cloud.account != account:
            detail = (
                f"they are for the account {account}, and the environment runs in "
                f"{previous.cloud.account}: give it that account's, and tear it down first to move"
            )
            raise CredentialsRefused("AnotherAccount", detail)

    def _check_owners(self, wanted: Prepared) -> None:
        for name in wanted.assembly.names:
            if found := find_stack(self._access, name):
                check_owner(self._access, found, wanted.assembly.reach.owner)

    def _upload(self, wanted: Prepared, watch: Watch) -> Uploads:
        reach = wanted.assembly.reach
        bucket = bootstrap(self._access, reach.account)
        uploads = Uploads(self._access, bucket, reach.account)
        for asset in {a.key: a for stack in wanted.assembly.stacks for a in stack.assets}.values():
            watch.check()
            uploads.put_asset(asset, wanted.folder)
        return uploads

    def _rest(self, previous: Release | None, wanted: Prepared) -> list[StackOutputs]:
        """Give what the release had and the assembly has not, also in the region that it left."""
        if previous is None or not self._is_here(previous.cloud):
            return []
        moved = self._has_moved(previous)
        return [s for s in previous.stacks if moved or s.stack not in wanted.assembly.names]

    def _remove_rest(self, rest: Sequence[StackOutputs], one: OneStack, previous: Release) -> None:
        """Remove it, but for what became another environment's since."""
        there = replace(one, access=self._access_to(previous))
        remove_stacks(there, [stack for stack in rest if not belongs_to_another(there, stack)])

    def _has_moved(self, previous: Release) -> bool:
        return previous.cloud.region != self._access.region

    def _access_to(self, previous: Release) -> Access:
        moved = self._has_moved(previous)
        return self._access.in_region(previous.cloud.region) if moved else self._access

    def _is_here(self, cloud: Cloud) -> bool:
        """Whether a release can still be there: a local AWS forgets when it stops."""
        return cloud.instance == self._instance
