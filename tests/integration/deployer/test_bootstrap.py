"""An account and region gets its asset bucket once, whoever comes first."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.stub import Stubber
from pydantic import SecretStr

from services.builder.adapters.deployer import bootstrap
from services.builder.adapters.deployer.access import Access, AwsCredentials
from services.builder.adapters.deployer.errors import StackFailed
from tests.support.assemblies import parameter, template_of
from tests.support.deploying import Environment
from tests.support.stacks import Stack


def test_the_bucket_is_encrypted_private_and_kept(environment: Environment) -> None:
    bucket = environment.deployer.bootstrap(environment.account.id)

    s3 = environment.account.client("s3")
    encryption = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]
    assert encryption["Rules"][0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    blocked = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert all(blocked.values())
    environment.account.client("cloudformation").delete_stack(StackName=bootstrap.STACK)
    assert environment.deployer.bootstrap(environment.account.id) == bucket


def test_two_that_come_at_once_make_one(
    environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    class NoLock:
        def __enter__(self) -> None: ...
        def __exit__(self, *_: object) -> None: ...

    places = dict.fromkeys(
        [(environment.account.id, environment.account.region, environment.account.endpoint)],
        NoLock(),
    )
    monkeypatch.setattr(bootstrap, "_one_at_a_time", places)  # as two processes would

    with ThreadPoolExecutor(4) as pool:
        made = [
            pool.submit(environment.deployer.bootstrap, environment.account.id) for _ in range(4)
        ]

    assert {one.result() for one in made} == {environment.reach.bucket}
    assert environment.status(bootstrap.STACK) == "CREATE_COMPLETE"


def test_a_bucket_that_was_deleted_is_made_again(environment: Environment) -> None:
    bucket = environment.deployer.bootstrap(environment.account.id)
    s3 = environment.account.client("s3")
    s3.delete_bucket(Bucket=bucket)

    environment.deployer.bootstrap(environment.account.id)

    s3.head_bucket(Bucket=bucket)


def test_a_stack_of_that_name_that_somebody_else_made_is_refused_and_stays(
    environment: Environment,
) -> None:
    stack = Stack(environment.account, bootstrap.STACK)
    stack.deploy(json.dumps(template_of(One=parameter("theirs", "/one"))))

    with pytest.raises(StackFailed, match="it is not Trellis's"):
        environment.deployer.bootstrap(environment.account.id)

    assert environment.value("/one") == "theirs"


def test_a_bucket_of_somebody_else_is_not_used() -> None:
    credentials = AwsCredentials(access_key_id="1" * 12, secret_access_key=SecretStr("test"))
    access = Access(credentials, "eu-west-1", None)

    with Stubber(access.s3) as s3:
        s3.add_client_error(
            "head_bucket",
            "403",
            expected_params={
                "Bucket": "trellis-assets-111111111111-eu-west-1",
                "ExpectedBucketOwner": "111111111111",
            },
        )
        with pytest.raises(StackFailed, match="is another account's"):
            bootstrap.bootstrap(access, "111111111111")
