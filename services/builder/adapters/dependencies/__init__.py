"""Dependencies that were installed once and are mounted into later runs.

`inputs` finds what an installation depends on, `workspaces` whom it is for; `store` keeps what came
of it by the digest of that.
"""
