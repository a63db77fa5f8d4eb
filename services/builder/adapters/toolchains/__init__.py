"""The builder's own pinned programs, for applications that do not bring theirs.

Each folder is one toolchain: a package.json with exact versions, and npm's lock with the digest of
every file. They are installed once, when an application first needs them.
"""
