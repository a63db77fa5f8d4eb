"""Why an assembly is refused: what it reaches for, and what to do instead.

Refusal
├── NotItsStack, StackOfAnother      another environment's stack, by name or by tag
├── NotItsBucket, NotItsKey          an upload to somewhere else
├── NotItsRole                       a role that is not ours to assume or pass
├── TagOfOurs                       a tag by which Trellis knows whose a stack is
├── SecretInTheOpen                  a secret as a parameter that everybody can read
├── NotItsPlace, StackElsewhere      another account, region, stage or environment
├── PathOutside, NotAPlainFile       what does not lie in the assembly's folder
├── TooMuch                          more than an assembly may hold
├── UnknownKind, ImageAsset, LookupMissing
└── Malformed, Altered               not the assembly that was written
"""


class Refusal(Exception):
    """The assembly was not deployed; nothing in the cloud was touched."""

    def __init__(self, reached_for: str, remedy: str) -> None:
        """Takes a noun phrase, and a sentence that says what to do."""
        self.reached_for = reached_for
        self.remedy = remedy
        super().__init__(f"The assembly reaches for {reached_for}. {remedy}")


class NotItsStack(Refusal):
    """A stack's name is not among this environment's."""

    def __init__(self, stack: str, own: frozenset[str] | None) -> None:
        called = f"Name it {' or '.join(sorted(own or ()))}, or set the environment's stack name."
        shared = "Give it another name in the application: all of the account share that one."
        super().__init__(
            f"the stack {stack}, which is not this environment's", called if own else shared
        )


class StackOfAnother(Refusal):
    """A stack of that name is in the account, and it is somebody else's."""

    def __init__(self, stack: str, belongs_to: str, remedy: str) -> None:
        super().__init__(f"the stack {stack}, which exists and belongs to {belongs_to}", remedy)


class StackOfTheSameApplication(StackOfAnother):
    """Two environments of one application would meet in one stack."""

    def __init__(self, stack: str, environment: str) -> None:
        super().__init__(
            stack,
            f"another environment of this application ({environment})",
            "Give this environment credentials of another account, or another region; or let the "
            "stage be a part of the stack's name: `${AWS::StackName}`'s setting for a template "
            "(`trellis apps settings --stack-name`), the context value `stage` in a CDK "
            "application (`app.node.tryGetContext('stage')`).",
        )


class NotItsBucket(Refusal):
    """An upload is to go to a bucket that is not ours."""

    def __init__(self, bucket: str, own: str) -> None:
        super().__init__(f"the bucket {bucket}", f"Assets may go to {own} alone.")


class NotItsKey(Refusal):
    """An upload would claim a key that is not the digest of its content."""

    def __init__(self, key: str, path: str) -> None:
        super().__init__(
            f"the key {key} for {path}",
            "An asset's key is the digest of its content, so that nobody can replace another's.",
        )


class NotItsRole(Refusal):
    """A role is to be assumed or passed that is not ours."""

    def __init__(self, role: str) -> None:
        super().__init__(
            f"the role {role}", "Take it out: roles come from the environment's settings."
        )


class TagOfOurs(Refusal):
    """A tag would say to whom a stack belongs, or is one that AWS keeps to itself."""

    def __init__(self, tag: str, stack: str) -> None:
        super().__init__(
            f"the tag {tag} of the stack {stack}",
            "Tags that begin with `trellis:` or `aws:` are not the application's to give.",
        )


class SecretInTheOpen(Refusal):
    """A secret is to fill a parameter that CloudFormation shows."""

    def __init__(self, parameter: str, secret: str) -> None:
        super().__init__(
            f"the secret {secret} for the parameter {parameter}, which everybody can read",
            f"Give {parameter} `NoEcho: true` in the template.",
        )


class NotItsPlace(Refusal):
    """The assembly was made for somewhere else."""

    def __init__(self, what: str, named: str, own: str) -> None:
        super().__init__(
            f"the {what} {named}", f"This environment's {what} is {own}: deploy its commit anew."
        )


class StackElsewhere(Refusal):
    """The application itself says where a stack goes, and it is not where this environment is."""

    def __init__(self, stack: str, place: str, own: str) -> None:
        super().__init__(
            f"{place}, where the stack {stack} is to go",
            f"This environment is {own}. Let the application go where it is deployed (in CDK: "
            "`env: { account: process.env.CDK_DEFAULT_ACCOUNT, region: "
            "process.env.CDK_DEFAULT_REGION }`), "
            "or give the environment that region (`trellis apps settings … --region`) and "
            "credentials of that account (`trellis credentials set`). Several regions or accounts "
            "at once are not deployed.",
        )


class PathOutside(Refusal):
    """A path leads out of the assembly."""

    def __init__(self, path: str) -> None:
        super().__init__(
            f"the path {path}, outside its folder", "Paths must be relative and lead into it."
        )


class NotAPlainFile(Refusal):
    """Something in the assembly is neither a file of its own nor a folder."""

    def __init__(self, path: str, what: str) -> None:
        super().__init__(f"{path}, which is {what}", "An assembly holds plain files alone.")


class TooMuch(Refusal):
    """The assembly, or something in it, is larger than it may be."""

    def __init__(self, what: str, limit: str) -> None:
        super().__init__(f"too much: {what}", f"The limit is {limit}: make it smaller or split it.")


class UnknownKind(Refusal):
    """An artifact is of a kind that we do not know, so that nobody can judge it."""

    def __init__(self, kind: str, name: str) -> None:
        super().__init__(f"{kind} ({name})", "Only stacks, their templates and files are deployed.")


class ImageAsset(Refusal):
    """A container image is to be built."""

    def __init__(self, name: str, stack: str = "") -> None:
        super().__init__(
            f"a container image ({name}{f', of {stack}' if stack else ''})",
            "Docker is not to be had here, so images cannot be built yet: use a zip package for "
            "the function (`NodejsFunction`, `lambda.Code.fromAsset`).",
        )


class LookupMissing(Refusal):
    """The framework would have had to look into the account to make it."""

    def __init__(self, names: str) -> None:
        super().__init__(
            f"values of the account that were not there ({names})",
            "See that the environment's account and region have them, or commit values of your own "
            "(cdk.context.json) and push.",
        )


class Malformed(Refusal):
    """A document of the assembly does not read as one."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(
            f"{path}, which cannot be read: {reason}", "Deploy the commit anew to make it again."
        )


class Altered(Refusal):
    """A file is not the one that the assembly was made with."""

    def __init__(self, path: str, what: str) -> None:
        super().__init__(f"{path}, which {what}", "Deploy the commit anew to make it again.")
