"""What the local AWS does otherwise than MiniStack 1.5.33, one difference a module.

Each module has one `apply`, called once by the launcher before the server starts. They reach into
private names of MiniStack, which is why the launcher accepts one version only: with another one
each of them has to be read again, and tests/integration/local_aws shows what it is for.
"""
