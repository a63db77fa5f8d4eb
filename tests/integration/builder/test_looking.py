"""A builder that is asked where the branches of a glob stand asks a real git server."""

from pathlib import Path

from tests.support.building import Site
from tests.support.git import folder_of_files
from tests.support.until import until
from trellis_contracts.names import new_id
from trellis_contracts.pushes import BranchesListed, BranchesUnlisted
from trellis_contracts.runs import ListBranches


async def test_it_tells_the_heads_or_why_it_cannot(site: Site, tmp_path: Path) -> None:
    site.forge.create_repository("shop", folder_of_files(tmp_path / "files"))
    heads = {
        branch: site.forge.commit("shop", {"note.txt": branch}, branch, branch=branch)
        for branch in ("release/10", "release/9", "other")
    }
    asked = ListBranches(
        application_id=new_id(), repository=site.forge.url("shop"), pattern="release/*"
    )

    await site.books.give(asked)
    await until(lambda: bool(site.books.told(BranchesListed)), within=30)
    away = site.forge.url("gone")
    await site.books.give(asked.model_copy(update={"repository": away}))
    await until(lambda: bool(site.books.told(BranchesUnlisted)), within=30)

    (told,), (untold,) = site.books.told(BranchesListed), site.books.told(BranchesUnlisted)
    assert isinstance(told, BranchesListed)
    assert told.heads == {one: heads[one] for one in ("release/9", "release/10")}
    assert (told.application_id, told.pattern, told.more) == (
        asked.application_id,
        "release/*",
        False,
    )
    assert isinstance(untold, BranchesUnlisted)
    assert untold.pattern == "release/*"
    assert away in untold.detail
