"""A CDK application as people have them: below the root, without a lock, asking its account."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from cli.client.answers import AwsKeys
from cli.demo.stage import Stage
from tests.support import canaries
from tests.support.aws import AwsAccount
from tests.support.git import folder_of_files
from tests.support.stack import REGION, whole_trellis
from trellis_contracts.views import DeploymentState, DeploymentView

pytestmark = [pytest.mark.slow, pytest.mark.timeout(420)]

WATCHFUL = """
const found = require("./search.cjs").search(REQUEST);
console.error(`Searched: ${JSON.stringify(found)}`);
for (const name of ["key", "secret"]) {
  if (found[name].length) throw new Error(`a build has met the ${name} of its deployer`);
}
"""
APP = """
const cdk = require("aws-cdk-lib");
const ssm = require("aws-cdk-lib/aws-ssm");
const sqs = require("aws-cdk-lib/aws-sqs");
const app = new cdk.App();
const stage = app.node.tryGetContext("stage");
const env = { account: process.env.CDK_DEFAULT_ACCOUNT, region: process.env.CDK_DEFAULT_REGION };
const data = new cdk.Stack(app, "Data", { env, stackName: `shop-${stage}-data` });
const queue = new sqs.Queue(data, "Queue");
new ssm.StringParameter(data, "Version", { parameterName: "/version", stringValue: "VERSION" });
const named = { stackName: `shop-${stage}-api`, tags: { team: "shop" } };
const api = new cdk.Stack(app, "Api", { env, ...named });
new ssm.StringParameter(api, "Where", { parameterName: "/where", stringValue: queue.queueArn });
const greeting = ssm.StringParameter.valueFromLookup(api, "/greeting");
new cdk.CfnOutput(api, "Greeting", { value: greeting });
new cdk.CfnOutput(api, "Owner", { value: process.env.OWNER ?? "nobody" });
if (BROKEN) new sqs.CfnQueue(api, "Broken", { visibilityTimeout: 999999 });
"""
OWNER, README = "ana-of-the-shop-4711", "A shop that nobody else has, 0815."
PACKAGE = {
    "name": "shop",
    "private": True,
    "dependencies": {"aws-cdk-lib": "2.224.0", "constructs": "10.3.0"},
    "scripts": {"prepare": "node -e \"fs.writeFileSync('prepared.txt', 'x')\""},
}


def files(
    version: str, *, broken: bool = False, looks_for: Mapping[str, str] | None = None
) -> dict[str, str | None]:
    """The application; it refuses to be built where it finds the key or secret it `looks_for`."""
    watchful = WATCHFUL.replace("REQUEST", canaries.request(looks_for)) if looks_for else ""
    app = watchful + APP
    app = app.replace("VERSION", version).replace("BROKEN", str(broken).lower())
    return {
        "readme.md": README,
        "infra/app.js": app,
        "infra/search.cjs": canaries.SEARCH,
        "infra/cdk.json": json.dumps({"app": "test -f prepared.txt && node app.js"}),
        "infra/package.json": json.dumps(PACKAGE),
    }


def looked_for(keys: AwsKeys) -> dict[str, str]:
    """The deployer's keys, and beside them two values that a build does hold."""
    secret = keys.secret_access_key.get_secret_value()
    return {"key": keys.access_key_id, "secret": secret, "owner": OWNER, "readme": README}


class Account:
    """The environment's account, as somebody sees it who has its keys."""

    def __init__(self, stage: Stage) -> None:
        assert stage.up.local_aws is not None
        account = AwsAccount(
            id=stage.accounts["development"], region=REGION, local_aws=stage.up.local_aws
        )
        self.ssm, self.cloudformation = account.client("ssm"), account.client("cloudformation")
        self.keys = canaries.new_keys(account)

    def value(self, name: str) -> str:
        return str(self.ssm.get_parameter(Name=name)["Parameter"]["Value"])

    def stacks(self) -> set[str]:
        found = self.cloudformation.describe_stacks()["Stacks"]
        return {one["StackName"] for one in found if one["StackStatus"] != "DELETE_COMPLETE"} - {
            "trellis-bootstrap"
        }


async def said(stage: Stage, view: DeploymentView) -> str:
    """Every line of a deployment's newest run."""
    newest = await stage.api.deployment(view.deployment_id)
    page = await stage.api.lines(newest.runs[-1].run_id)
    return "\n".join(line.text for line in page.lines)


async def pushed(stage: Stage, commit: str) -> DeploymentView:
    await stage.push(commit)
    return await stage.follow(await stage.pushed("development", commit))


async def test_a_cdk_application_is_deployed_changed_put_back_rolled_back_and_removed(
    tmp_path: Path,
) -> None:
    async with whole_trellis(tmp_path) as stage:
        account = Account(stage)
        given = files("1", looks_for=looked_for(account.keys)).items()
        source = {path: text for path, text in given if text is not None}
        account.ssm.put_parameter(Name="/greeting", Value="hello", Type="String")
        head = await stage.connect(folder_of_files(tmp_path / "source", source))
        await stage.api.set_credentials(stage.at("development"), account.keys)
        await stage.api.set_variable(stage.at("development"), "OWNER", OWNER)
        first = await deployed(stage, account, head)
        (builder,) = await stage.api.builders()
        assert "aws-cdk" in builder.toolchains["cdk"]
        assert (builder.dependencies, builder.dependency_bytes > 1 << 20) == (1, True)
        await changed(stage, account)
        await put_back(stage, account)
        await rolled_back(stage, account, first)
        gone = await stage.follow(await stage.api.tear_down(stage.at("development"), "development"))
        assert gone.state is DeploymentState.SUCCEEDED, gone.failure
        assert account.stacks() == set()


async def deployed(stage: Stage, account: Account, head: str) -> DeploymentView:
    """Found below the root, synthesised twice, two stacks in order."""
    first = await pushed(stage, head)
    log = await said(stage, first)
    assert first.state is DeploymentState.SUCCEEDED, (first.failure, log)
    assert "Found AWS CDK (cdk.json) in infra" in log
    searched = json.loads(log.partition("Searched: ")[2].partition("\n")[0])
    assert (searched["key"], searched["secret"]) == ([], [])
    assert searched["owner"] == ["environment", "file", "process"]
    assert searched["readme"] == ["file"]
    assert "Looking up in the account, by reads alone: ssm" in log
    stacks = [stack.stack for stack in first.stacks]
    assert stacks == ["shop-development-data", "shop-development-api"]
    assert first.stacks[1].outputs == {"Greeting": "hello", "Owner": OWNER}
    assert account.value("/where").startswith("arn:aws:sqs:")
    return first


async def changed(stage: Stage, account: Account) -> None:
    """With the dependencies of the first time, and its own script run again."""
    second = await pushed(stage, stage.commit(files("2"), "Version 2"))
    assert second.state is DeploymentState.SUCCEEDED, second.failure
    assert "are in the builder's store" in await said(stage, second)
    assert account.value("/version") == "2"


async def put_back(stage: Stage, account: Account) -> None:
    """The later stack fails, and the earlier one is as it was."""
    broken = await pushed(stage, stage.commit(files("3", broken=True), "Breaks the api"))
    assert broken.state is DeploymentState.FAILED
    assert broken.failure is not None
    assert "shop-development-api" in broken.failure.sentence
    assert account.value("/version") == "2"


async def rolled_back(stage: Stage, account: Account, first: DeploymentView) -> None:
    """From the kept assembly: nothing is installed."""
    decision = await stage.api.roll_back(stage.at("development"), first.deployment_id)
    back = await stage.follow(decision)
    assert back.state is DeploymentState.SUCCEEDED, back.failure
    assert account.value("/version") == "1"
    assert "npm" not in await said(stage, back)
