"""What is found out once when the builder starts: the profile that all its runs get."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from services.builder.adapters.isolation.bubblewrap import candidates, find_bubblewrap
from services.builder.adapters.isolation.grade import Grade
from services.builder.adapters.isolation.passing import read_pass, without_passwords
from services.builder.adapters.isolation.profile import Profile, check_mount
from services.builder.adapters.isolation.programs import find_node


def prepare(
    *,
    grade: Grade = Grade.STANDARD,
    passed: str = "default",
    trusted: bool = True,
    hidden: Iterable[Path],
    environ: Mapping[str, str] = os.environ,
    bubblewraps: Iterable[Path] | None = None,
) -> Profile:
    """Find out how runs are isolated here; it tries bubblewrap and node, so it blocks.

    `passed` is `TRELLIS_BUILDER_PASS`; `hidden` names the folders that no step may ever see. Runs
    that are not `trusted` get of it what `default` stands for, and no password.

    Raises:
        IsolationMissing: no bubblewrap works here; the message says how to install one.
        PassRefused: `passed` asks for what may not reach a step.
        MountRefused: a file that a passed variable names is Trellis's own, or a whole home.
    """
    programs = find_node(environ)
    reaching = read_pass(passed if trusted else "default", environ, Path.home())
    if not trusted:
        reaching = without_passwords(reaching)
    kept = tuple(hidden)
    for mount in (*programs.mounts, *reaching.mounts):
        check_mount(mount, kept)
    return Profile(
        grade=grade,
        bubblewrap=find_bubblewrap(candidates() if bubblewraps is None else bubblewraps),
        mounts=(*programs.mounts, *reaching.mounts),
        links=programs.links,
        path=programs.path,
        environment=reaching.environment,
        hidden=kept,
    )
