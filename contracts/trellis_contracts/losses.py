"""Which changes of resources may take data with them, and in which order changes are shown."""

from collections.abc import Iterable

from trellis_contracts.changes import ResourceAction, ResourceChange

_HOLDS = frozenset(
    {
        "AWS::Backup::BackupVault",
        "AWS::Cognito::UserPool",
        "AWS::DynamoDB::GlobalTable",
        "AWS::DynamoDB::Table",
        "AWS::EC2::Volume",
        "AWS::ECR::Repository",
        "AWS::EFS::FileSystem",
        "AWS::Elasticsearch::Domain",
        "AWS::Kinesis::Stream",
        "AWS::KMS::Key",
        "AWS::Logs::LogGroup",
        "AWS::OpenSearchService::Domain",
        "AWS::S3::Bucket",
        "AWS::SecretsManager::Secret",
        "AWS::SQS::Queue",
        "AWS::Timestream::Table",
    }
)
_FAMILIES = (
    "AWS::DocDB::DB", "AWS::ElastiCache::", "AWS::FSx::", "AWS::MemoryDB::", "AWS::Neptune::DB",
    "AWS::RDS::DB", "AWS::RDS::GlobalCluster", "AWS::Redshift::Cluster",
)  # fmt: skip
_HOLD_NONE = ("Group", "Groups", "Proxy", "Subscription", "User")
_TAKES = (ResourceAction.REMOVE, ResourceAction.REPLACE, ResourceAction.MAY_REPLACE)
_KEEPS = ("Retain", "Snapshot")
_NESTED = "AWS::CloudFormation::Stack"


def holds_data(type_: str) -> bool:
    """Say whether a resource of this type holds what people wrote; a nested stack may."""
    if type_ in _HOLDS or type_ == _NESTED:
        return True
    return type_.startswith(_FAMILIES) and not type_.endswith(_HOLD_NONE)


def change_of(
    logical_id: str, type_: str, action: ResourceAction, *, policy: str | None
) -> ResourceChange:
    """Give a change; `policy` is what AWS does with the old resource, None where it is not said."""
    kept = policy is not None and any(word in policy for word in _KEEPS)
    loses = action in _TAKES and holds_data(type_) and not kept
    return ResourceChange(logical_id=logical_id, type=type_, action=action, loses_data=loses)


def ordered(changes: Iterable[ResourceChange]) -> list[ResourceChange]:
    """Put first what would lose data, then what goes or is replaced, each by its name."""
    return sorted(changes, key=lambda c: (not c.loses_data, c.action not in _TAKES, c.logical_id))
