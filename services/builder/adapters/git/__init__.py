"""How a repository is read: always inside the sandbox, with every option that keeps git harmless.

| module | holds |
|---|---|
| `origins` | which repositories may be read at all, decided before git runs |
| `options` | what git is told each time, so that no repository and no name makes it run anything |
| `asking` | one command of git, and the failure that it may end in |
| `repositories` | `Git`: check out a commit, ask where a branch stands |
| `failures` | what can go wrong, each with a sentence that says what to do |
"""
