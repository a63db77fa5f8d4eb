"""One environment in an account of a local AWS, as the builder's deploy step sees it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from uuid import uuid4

from pydantic import SecretStr

from services.builder.adapters.deployer.access import AwsCredentials
from services.builder.adapters.deployer.deployer import Deployer
from services.builder.adapters.deployer.prepared import Prepared, prepare_assembly
from services.builder.adapters.deployer.progress import Progress
from services.builder.adapters.deployer.watch import Watch
from services.builder.domain.assembly.reach import Reach
from tests.support.assemblies import AssemblyBuilder, Template, reach_of
from tests.support.aws import AwsAccount
from trellis_contracts.releases import Cloud, Release, StackOutputs

STACK = "shop-dev"


@dataclass
class Environment:
    """Deploys assemblies and hears of their progress; the stack's name is `STACK`."""

    account: AwsAccount
    folder: Path
    reach: Reach = field(init=False)
    heard: list[Progress] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.reach = reach_of(self.account.id, self.account.region, stacks=(STACK, "shop-data"))

    @property
    def deployer(self) -> Deployer:
        return Deployer(self.credentials(), self.account.region, endpoint=self.account.endpoint)

    def credentials(self, key: str | None = None) -> AwsCredentials:
        return AwsCredentials(
            access_key_id=key or self.account.id, secret_access_key=SecretStr("test")
        )

    def watch(
        self,
        *,
        stop: Event | None = None,
        seconds: float = float("inf"),
        settle_seconds: float = Watch.settle_seconds,
    ) -> Watch:
        return Watch(self.heard.append, stop or Event(), seconds, settle_seconds)

    def builder(self) -> AssemblyBuilder:
        return AssemblyBuilder(self.reach)

    def prepared(
        self, builder: AssemblyBuilder, secrets: Mapping[str, SecretStr] | None = None
    ) -> Prepared:
        folder = builder.write(self.folder / uuid4().hex)
        return prepare_assembly(folder, self.reach, secrets)

    def of(self, template: Template) -> Prepared:
        """A ready assembly of one stack with this template."""
        return self.prepared(self.builder().stack(STACK, template))

    def deploy(
        self,
        wanted: Prepared,
        *,
        previous: Release | None = None,
        fallback: Prepared | None = None,
        watch: Watch | None = None,
    ) -> tuple[StackOutputs, ...]:
        return self.deployer.deploy(
            wanted, watch=watch or self.watch(), previous=previous, fallback=fallback
        )

    def release(self, stacks: tuple[StackOutputs, ...]) -> Release:
        return Release(
            deployment_id=uuid4(),
            commit="a" * 40,
            branch="main",
            framework="cloudformation",
            artifact="b" * 64,
            stacks=stacks,
            cloud=Cloud(account=self.account.id, region=self.account.region),
        )

    def statuses(self, *stacks: str) -> list[str]:
        """The states of stacks, by name or id; `-` for none."""
        return [self.status(stack) for stack in stacks or (STACK,)]

    def status(self, stack: str = STACK) -> str:
        client = self.account.client("cloudformation")
        try:
            return client.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]
        except client.exceptions.ClientError:
            return "-"

    def value(self, name: str) -> str:
        """The value of an SSM parameter of the account: what a deployed stack is seen by."""
        found = self.account.client("ssm").get_parameter(Name=name)
        return found["Parameter"]["Value"]
