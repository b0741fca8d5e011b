"""Replies as mail programs write them in many languages, and texts that only look like it."""

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

# Answers typed above, between and below marked lines, with what is new in each.
INLINE = [
    (
        (
            f"{ATTRIBUTIONS[0]}\n\n> Hello Alice,\n>\n> please press the button for ten seconds."
            "\n\nI did, twice.\n\n> Does it blink now?\n\nYes, in red.\n\n> Brightlane\n"
        ),
        "I did, twice.\n\nYes, in red.",
    ),
    (
        f"Hi!\n\n{ATTRIBUTIONS[4]}\n> Does it blink?\nNo.\n> Sure?\n> Really?\nYes.\n",
        "Hi!\n\nNo.\nYes.",
    ),
    (f"{ATTRIBUTIONS[0]}\n{QUOTED}\n\n{NEW}", NEW),
]

# Texts of people that hold no quote, though they look like it.
ORDINARY = [
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
]
