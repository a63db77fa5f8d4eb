"""The corpus sees all that an application has made in its account, also what is nested."""

import json

from cli.local_aws import LocalAws
from tests.rigs.corpus.account import REGION, Account
from tests.support.aws import fresh_account

QUEUE = {"Type": "AWS::SQS::Queue"}


def template(**resources: object) -> str:
    return json.dumps({"Resources": resources})


def test_nested_stacks_count_in_the_shape(local_aws: LocalAws) -> None:
    own = fresh_account(local_aws, REGION)
    own.client("s3").create_bucket(Bucket=f"nested-{own.id}")
    own.client("s3").put_object(Bucket=f"nested-{own.id}", Key="t.json", Body=template(Q=QUEUE))
    url = f"https://s3.{REGION}.amazonaws.com/nested-{own.id}/t.json"
    nested = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": url}}
    account = Account(own.id, local_aws)
    assert not account.touched()

    own.client("cloudformation").create_stack(StackName="shop", TemplateBody=template(N=nested))
    own.client("cloudformation").get_waiter("stack_create_complete").wait(
        StackName="shop", WaiterConfig={"Delay": 1}
    )

    assert account.touched()
    assert account.picture().resources == {
        "shop": ("AWS::CloudFormation::Stack",),
        "shop/N": ("AWS::SQS::Queue",),
    }
