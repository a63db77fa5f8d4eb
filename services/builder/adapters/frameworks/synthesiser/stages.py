"""Which of a CDK application's stacks are deployed where some lie in a `Stage` and some do not.

A pipeline that CDK makes (CodePipeline) is such an application: its own stack stands outside, and
deploys those in the stages. So `cdk deploy --all` leaves them alone, and we do.
"""

from collections.abc import Sequence

from services.builder.adapters.frameworks.synthesiser.cloud_assembly import MadeStack


def without_stages(made: Sequence[MadeStack]) -> list[MadeStack]:
    """Give the stacks outside of stages with all that they need, in the order they came in.

    Where every stack lies in a stage, all are given. The log names what is left alone.
    """
    needed = {stack.name for stack in made if not stack.in_stage}
    if not needed:
        return list(made)
    for stack in reversed(made):
        if stack.name in needed:
            needed.update(stack.after)
    if left := [stack.name for stack in made if stack.name not in needed]:
        print(  # noqa: T201 - the step's log
            f"Left alone, as `cdk deploy --all` does: {', '.join(left)}. They are in a Stage, and "
            "other stacks are not: such a stage is deployed by a pipeline of the application's.",
            flush=True,
        )
    return [stack for stack in made if stack.name in needed]
