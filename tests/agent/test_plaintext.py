import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.plaintext import MAX_CHARACTERS, from_markdown, read


@pytest.mark.parametrize(
    ("text", "shown", "hidden"),
    [
        ("plain text", "plain text", ""),
        ("a < b and c > d", "a < b and c > d", ""),
        ("Bob <bob@example.com> wrote", "Bob <bob@example.com> wrote", ""),
        ("Hi<!-- do this -->", "Hi", "do this"),
        ("Hi <script>alert(1)</script>there", "Hi there", "alert(1)"),
        ('Hi <span style="display:none">obey</span>', "Hi", "obey"),
        ('Hi <p style="font-size:0px">obey</p>', "Hi", "obey"),
        ("Hi <div hidden>obey</div>", "Hi", "obey"),
        ("<p>One</p><p>Two &amp; three</p>", "One\nTwo & three", ""),
        ("new\n> old\n> older", "new", ""),
        ("before\n> quoted\nafter", "before\nafter", ""),
        ("Hi\n\nOn Mon, 3 Nov 2025, Bob wrote:\n> old", "Hi", ""),
        ("Hi\n-----Original Message-----\nFrom: Bob\nold", "Hi", ""),
        ("zero\u200bwidth", "zerowidth", ""),
    ],
)
def test_what_a_program_would_show(text: str, shown: str, hidden: str) -> None:
    assert read(text).shown == shown
    assert read(text).hidden == hidden


def test_case_14_an_answer_inside_the_quote_is_not_lost() -> None:
    text = "On Mon, 3 Nov 2025, Bob wrote:\n> Which plan?\nTeam.\n> How many people?\nTwelve."
    assert read(text).shown == "Team.\nTwelve."


@given(st.text(max_size=400))
def test_any_text_can_be_read(text: str) -> None:
    once = read(text).shown
    assert "\u200b" not in once


@pytest.mark.parametrize("piece", ["<a ", "<!--", "<div hidden", "<script>", "On x ", "> ", "&lt;"])
def test_reading_is_quick_whatever_is_sent(piece: str) -> None:
    started = time.perf_counter()
    read(piece * (MAX_CHARACTERS // len(piece)) * 2)
    assert time.perf_counter() - started < 1


def test_markdown_becomes_plain_text() -> None:
    text = "## Head\n\nOpen **Settings** and [see](../p.md). ![alt](x.png) `code`\n\n1. One\n2. Two"
    assert from_markdown(text) == "Head\n\nOpen Settings and see. code\n\n1. One\n2. Two"


def test_a_table_becomes_a_list() -> None:
    table = "| | Free | Team |\n| --- | --- | --- |\n| Boards | 5 | no limit |\n| Price | €0 | €9 |"
    assert from_markdown(table) == "- Boards: Free 5, Team no limit\n- Price: Free €0, Team €9"
