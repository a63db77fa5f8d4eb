"""Deploys one assembly in a process of its own, to be killed in mid-deploy by a test.

Arguments: folder, and as JSON the reach and the endpoint. Prints each state that it hears of.
"""

import json
import sys
from pathlib import Path
from uuid import UUID

from pydantic import SecretStr

from services.builder.adapters.deployer.access import AwsCredentials
from services.builder.adapters.deployer.deployer import Deployer
from services.builder.adapters.deployer.prepared import prepare_assembly
from services.builder.adapters.deployer.progress import Progress
from services.builder.adapters.deployer.watch import Watch
from services.builder.domain.assembly.reach import Owner, Reach


def main(folder: str, given: str) -> None:
    told = json.loads(given)
    reach = Reach(
        owner=Owner(UUID(told["application"]), UUID(told["environment"])),
        account=told["account"],
        region=told["region"],
        stage=told["stage"],
        bucket=told["bucket"],
        stack_names=frozenset(told["stacks"]),
    )
    credentials = AwsCredentials(access_key_id=reach.account, secret_access_key=SecretStr("test"))
    deployer = Deployer(credentials, reach.region, endpoint=told["endpoint"])
    watch = Watch(on_progress=_tell)
    deployer.deploy(prepare_assembly(Path(folder), reach), watch=watch)


def _tell(progress: Progress) -> None:
    sys.stdout.write(f"{progress.status}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
