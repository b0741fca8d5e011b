"""Cases 12 to 14: what a customer wrote, apart from what their program quoted."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.gmail.quotes import cut_quotes
from tests.channels.gmail.mails import html_mail, mail, multipart, part, read
from tests.channels.gmail.quote_samples import (
    ATTRIBUTIONS,
    HEADS,
    INLINE,
    NEW,
    ORDINARY,
    OURS,
    QUOTED,
)


@pytest.mark.parametrize("attribution", ATTRIBUTIONS)
def test_case_12_quotes_below_an_attribution(attribution: str) -> None:
    assert cut_quotes(f"{NEW}\n\n{attribution}\n\n{QUOTED}\n") == NEW


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("history", [OURS, QUOTED])
def test_case_12_history_below_a_head(head: str, history: str) -> None:
    assert cut_quotes(f"{NEW}\n\n{head}\n{history}\n") == NEW


@pytest.mark.parametrize("attribution", ATTRIBUTIONS[:4])
def test_case_12_history_that_is_not_marked(attribution: str) -> None:
    assert cut_quotes(f"{NEW}\n\n{attribution}\n\n{OURS}\n") == NEW


GMAIL_HTML = (
    '<div dir="ltr">Thanks, that worked.</div><br><div class="gmail_quote gmail_quote_container">'
    '<div dir="ltr" class="gmail_attr">ศ. 20 พ.ย. 2026 เวลา Brightlane เขียนว่า:<br></div>'
    '<blockquote class="gmail_quote" style="margin:0 0 0 .8ex"><div>Please press the button.'
    "<blockquote class='gmail_quote'>Older</blockquote></div></blockquote></div>"
)
OUTLOOK_HTML = (
    '<div class="WordSection1"><p>Thanks, that worked.</p><div><div style="border:none;border-top:'
    'solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm"><p><b>Ntawm:</b> Brightlane</p></div></div>'
    "<p>Please press the button.</p></div>"
)
OUTLOOK_WEB_HTML = (
    '<div>Thanks, that worked.</div><div id="appendonsend"></div><hr><div id="divRplyFwdMsg">'
    "<b>Gikan:</b> Brightlane<br><b>Hilisgutan:</b> x</div><div>Please press the button.</div>"
)
YAHOO_HTML = (
    '<div>Thanks, that worked.</div><div id="yahoo_quoted_1" class="yahoo_quoted"><div>'
    "Noong Biyernes, isinulat ni Brightlane:</div><div>Please press the button.</div></div>"
)
PROTON_HTML = (
    '<div>Thanks, that worked.<br></div><div class="protonmail_signature_block"><div '
    'class="protonmail_signature_block-proton">Sent with Proton Mail secure email.</div></div>'
    '<div class="protonmail_quote">On Friday, November 20th, 2026 at 9:58 AM, Brightlane '
    '&lt;s@b.example&gt; wrote:<br><blockquote class="protonmail_quote" type="cite">'
    "<p>Please press the button.</p></blockquote></div>"
)
APPLE_HTML = (
    '<div>Thanks, that worked.</div><br><blockquote type="cite"><div>Am 20.11.2026 um 09:58 '
    "schrieb Brightlane:</div><br><div>Please press the button.</div></blockquote>"
)
THUNDERBIRD_HTML = (
    '<p>Thanks, that worked.</p><div class="moz-cite-prefix">Dana 20.11.2026. Brightlane je '
    'napisao/la:<br></div><blockquote type="cite" cite="mid:x"><p>Please press the button.</p>'
    '</blockquote><div class="moz-signature">-- <br>Alice</div>'
)


@pytest.mark.parametrize(
    "html",
    [
        GMAIL_HTML,
        OUTLOOK_HTML,
        OUTLOOK_WEB_HTML,
        YAHOO_HTML,
        PROTON_HTML,
        APPLE_HTML,
        THUNDERBIRD_HTML,
    ],
    ids=["gmail", "outlook", "outlook web", "yahoo", "proton", "apple", "thunderbird"],
)
def test_case_12_quotes_in_html_by_their_marks_in_any_language(html: str) -> None:
    parsed = read(html_mail(html))
    assert parsed.text_new == "Thanks, that worked."
    assert "Please press the button." in parsed.text_full
    assert "Please press the button." in parsed.html_sanitised


def test_case_12_a_bare_blockquote_is_the_senders_own() -> None:
    parsed = read(html_mail("<p>It says:</p><blockquote>Error 42</blockquote><p>Why?</p>"))
    assert "Error 42" in parsed.text_new


@pytest.mark.parametrize(
    "body",
    [
        "",
        " \n\n",
        QUOTED,
        f"{ATTRIBUTIONS[0]}\n{QUOTED}",
        f"\n\n{HEADS[0]}\n{OURS}",
        f"Sent from my iPhone\n\n{ATTRIBUTIONS[0]}\n{QUOTED}",
        f"-- \nAlice Ahmed\n+44 20 7946 0000\n\n{ATTRIBUTIONS[0]}\n{QUOTED}",
        f"Get Outlook for iOS<https://aka.ms/x>\n{HEADS[1]}\n{OURS}",
        f"Von meinem iPhone gesendet\n\n> {ATTRIBUTIONS[4]}\n{QUOTED}",
        "> one line",
    ],
)
def test_case_13_empty_or_quote_only_is_empty(body: str) -> None:
    assert read(mail(body)).text_new == ""


def test_case_13_quote_only_html_is_empty() -> None:
    assert read(html_mail(GMAIL_HTML.replace("Thanks, that worked.", "<br>"))).text_new == ""


@pytest.mark.parametrize(("body", "answer"), INLINE)
def test_case_14_an_answer_inside_the_quote(body: str, answer: str) -> None:
    assert cut_quotes(body) == answer


def test_case_14_an_answer_inside_a_split_html_quote() -> None:
    html = (
        '<div class="gmail_quote"><div class="gmail_attr">On Friday X wrote:</div><blockquote '
        'class="gmail_quote">Does it blink?</blockquote><div>Yes, in red.</div><blockquote '
        'class="gmail_quote">Brightlane</blockquote></div>'
    )
    assert read(html_mail(html)).text_new == "Yes, in red."


@pytest.mark.parametrize(
    "pointer", ["See my answers below.", "Antworten siehe unten.", "Réponses en rouge ci-dessous"]
)
def test_case_14_an_answer_in_an_unmarked_quote_that_the_sender_points_to(pointer: str) -> None:
    body = f"{pointer}\n\n{HEADS[1]}\nDoes it blink now?\nYES IT DOES\nBrightlane"
    found = cut_quotes(body)
    assert pointer in found
    assert "YES IT DOES" in found


def test_case_14_an_answer_in_an_unmarked_quote_is_found_by_knowing_the_quote() -> None:
    body = (
        f"{HEADS[1]}\nHello Alice,\n\nplease press the button for\nten seconds.\nI did, twice.\n"
        f"Does it blink now?\nYes\n\nBrightlane\n{HEADS[2]}\nHow do I reset the lamp?"
    )
    assert cut_quotes(body) == ""
    earlier = [OURS, "How do I reset the lamp?"]
    assert cut_quotes(body, earlier=earlier) == "I did, twice.\nYes"


@pytest.mark.parametrize("body", ORDINARY)
def test_words_that_look_like_quotes_stay(body: str) -> None:
    assert cut_quotes(body) == body


def test_plain_and_html_of_one_mail_give_the_same_new_text() -> None:
    plain = part(f"Thanks, that worked.\n\n{ATTRIBUTIONS[0]}\n\n> Please press the button.\n")
    raw = multipart(plain, part(GMAIL_HTML, "text/html; charset=utf-8"), kind="alternative")
    assert read(raw).text_new == "Thanks, that worked."


WORDS = st.text(alphabet="abc äß,.?!0123 \t:-", min_size=1, max_size=60).filter(
    lambda line: line != "-- "  # begins a signature (RFC 3676)
)
LINES = st.lists(WORDS, max_size=12)


@given(LINES)
def test_text_without_any_quote_is_left_alone(lines: list[str]) -> None:
    text = "\n".join(lines)
    kept = cut_quotes(text)
    assert [line for line in kept.split("\n") if line.strip()] == [
        line for line in text.strip().split("\n") if line.strip()
    ]


@given(LINES, LINES, LINES)
def test_no_unquoted_line_is_lost_around_marked_quotes(
    above: list[str], between: list[str], below: list[str]
) -> None:
    quoted = ["> one", "> two"]
    text = "\n".join([*above, "", ATTRIBUTIONS[0], *quoted, *between, *quoted, *below])
    kept = [line.strip() for line in cut_quotes(text).split("\n") if line.strip()]
    assert kept == [line.strip() for line in [*above, *between, *below] if line.strip()]


@given(st.text(max_size=400))
def test_what_is_kept_was_there(text: str) -> None:
    lines = {line.strip() for line in text.split("\n")}
    assert {line.strip() for line in cut_quotes(text).split("\n")} <= lines | {""}


@given(st.text(max_size=300))
def test_cutting_again_changes_nothing_of_what_has_no_marks(text: str) -> None:
    once = cut_quotes(text)
    if ">" not in once and "＞" not in once:
        assert cut_quotes(once) == once


@settings(deadline=None)
@given(
    st.lists(
        st.sampled_from([*ATTRIBUTIONS, *HEADS, QUOTED, OURS, "-- ", ">", ">>", ":", "a" * 300]),
        max_size=30,
    )
)
def test_any_order_of_marks_is_read(pieces: list[str]) -> None:
    cut_quotes("\n".join(pieces), earlier=pieces[:3])


@pytest.mark.parametrize(
    "line",
    ["> " + "a" * 70, "On 1.1.2026 <a@b> " + "x " * 30, "From: a\nTo: b", "a:", "_" * 40, "<a@b>:"],
)
def test_time_grows_with_length_only(line: str) -> None:
    text = (line + "\n") * (200_000 // (len(line) + 1))
    started = time.perf_counter()
    cut_quotes(text)
    assert time.perf_counter() - started < 5
