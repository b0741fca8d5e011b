"""The pages of the documentation that nothing else holds to what there is."""

from pathlib import Path

DECISIONS = Path(__file__).parents[2] / "docs" / "adr"


def test_the_list_of_decisions_names_every_one() -> None:
    listed = (DECISIONS / "README.md").read_text(encoding="utf-8")
    for page in DECISIONS.glob("0*.md"):
        number, _dot, title = page.read_text(encoding="utf-8").splitlines()[0][2:].partition(". ")
        assert f"| {number} | [{title}]({page.name}) |" in listed
