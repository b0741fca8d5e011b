"""Cases 12 to 14: what a customer wrote, apart from what their program quoted."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.gmail.quotes import cut_quotes
from tests.channels.gmail.mails import html_mail, mail, multipart, part, read

OURS = "Hello Alice,\n\nplease press the button for ten seconds.\nDoes it blink now?\n\nBrightlane"
QUOTED = "\n".join(f"> {line}".rstrip() for line in OURS.split("\n"))
NEW = "Thanks, that worked.\n\nOne more thing: where is my invoice?"

ATTRIBUTIONS = [
    "On Fri, Nov 20, 2026 at 9:58 AM Brightlane <support@brightlane.example> wrote:",
    "On Fri, Nov 20, 2026 at 9:58 AM Brightlane\n<support@brightlane.example> wrote:",
    "On Friday, November 20, 2026 at 09:58:12 AM GMT+1, Brightlane <s@b.example> wrote:",
    "On 20/11/26 09:58, Brightlane wrote:",
    "Am 20.11.2026 um 09:58 schrieb Brightlane:",
    "Am Fr., 20. Nov. 2026 um 09:58 Uhr schrieb Brightlane <\nsupport@brightlane.example>:",
    "Le ven. 20 nov. 2026 à 09:58, Brightlane <support@brightlane.example> a écrit :",
    "El vie, 20 nov 2026 a las 9:58, Brightlane (<s@b.example>) escribió:",
    "Il giorno ven 20 nov 2026 alle ore 09:58 Brightlane <s@b.example> ha scritto:",
    "Em sex., 20 de nov. de 2026 às 09:58, Brightlane <s@b.example> escreveu:",
    "Op vr 20 nov 2026 om 09:58 schreef Brightlane <s@b.example>:",
    "Den fre 20 nov. 2026 kl 09:58 skrev Brightlane <s@b.example>:",
    "Den fre. 20. nov. 2026 kl. 09.58 skrev Brightlane <s@b.example>:",
    "pt., 20 lis 2026 o 09:58 Brightlane <s@b.example> napisał(a):",
    "pá 20. 11. 2026 v 9:58 odesílatel Brightlane <s@b.example> napsal:",
    "пт, 20 нояб. 2026 г. в 09:58, Brightlane <s@b.example>:",
    "пт, 20 нояб. 2026 г. в 09:58, Brightlane <s@b.example> пишет:",
    "2026年11月20日(金) 9:58 Brightlane <s@b.example>:",
    "Brightlane <s@b.example> 于2026年11月20日周五 09:58写道：",
    "2026년 11월 20일 (금) 오전 9:58, Brightlane <s@b.example>님이 작성:",
    "Brightlane <s@b.example>, 20 Kas 2026 Cum, 09:58 tarihinde şunu yazdı:",
    "pe 20. marrask. 2026 klo 9.58 Brightlane (s@b.example) kirjoitti:",
    "Brightlane <s@b.example> schrieb am Fr., 20. Nov. 2026, 09:58:",
]
_HEADS = """
-----Original Message-----
From: Brightlane <s@b.example>
Sent: Friday, 20 November 2026 09:58
To: Alice <alice@example.com>
Subject: RE: A question
====
________________________________
From: Brightlane <s@b.example>
Sent: Friday, 20 November 2026 09:58
To: Alice <alice@example.com>
Subject: Re: A question
====
Von: Brightlane <s@b.example>
Gesendet: Freitag, 20. November 2026 09:58
An: Alice
Betreff: AW: Frage
====
De : Brightlane <s@b.example>
Envoyé : vendredi 20 novembre 2026 09:58
À : Alice
Objet : RE: Question
====
*De:* Brightlane <s@b.example>
*Enviado el:* viernes
*Para:* Alice
*Asunto:* RE: Duda
====
发件人: Brightlane <s@b.example>
发送时间: 2026年11月20日 9:58
收件人: Alice
主题: 问题
====
-------- Original Message --------
On Friday, November 20th, 2026 at 9:58 AM, Brightlane <s@b.example> wrote:
====
------- Original Message -------
On Friday, November 20th, 2026 at 9:58 AM, Brightlane <s@b.example> wrote:
====
-----Ursprüngliche Nachricht-----
Von: Brightlane
Gesendet: Freitag
An: Alice
Betreff: Frage
====
------------------ 原始邮件 ------------------
发件人: "b" <s@b.example>;
主题: x
收件人: a;
"""
HEADS = [head.strip("\n") + "\n" for head in _HEADS.split("====")]


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


def test_case_14_an_answer_inside_the_quote() -> None:
    body = (
        f"{ATTRIBUTIONS[0]}\n\n> Hello Alice,\n>\n> please press the button for ten seconds.\n\n"
        "I did, twice.\n\n> Does it blink now?\n\nYes, in red.\n\n> Brightlane\n"
    )
    assert cut_quotes(body) == "I did, twice.\n\nYes, in red."


def test_case_14_answers_above_and_inside() -> None:
    body = f"Hi!\n\n{ATTRIBUTIONS[4]}\n> Does it blink?\nNo.\n> Sure?\n> Really?\nYes.\n"
    assert cut_quotes(body) == "Hi!\n\nNo.\nYes."


def test_case_14_an_answer_below_the_quote() -> None:
    assert cut_quotes(f"{ATTRIBUTIONS[0]}\n{QUOTED}\n\n{NEW}") == NEW


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


@pytest.mark.parametrize(
    "body",
    [
        "My trip:\nFrom: Berlin\nTo: Munich\nDate: 3 May",
        "On the status page the server wrote:\nError 500\nWhat now?",
        "Data: 3 maja\nKwota: 20 zł",
        "Options:\n- first\n- second\n--\nwhich?",
        "Values:\n> 5 items\nare refused, why?",
        "Thank you,\nbut it is still broken:\nDate: today\nSubject: lamp",
        "De: la caja\nPara: mi casa",
        "It said:\n__________\nthen nothing",
        "Best regards is what your bot says. Why?\nAlice",
        "Warning: the mail says that",
    ],
)
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
