"""Sentences that say nothing of the matter: whole phrases from a closed list, in four languages.

Only a phrase that is listed, word for word, is a courtesy. Whatever begins like one and goes on
is a claim, and so is every other question.
"""

import re

from agent.wording import split_sentences

_PHRASES = frozenset(
    """
    hi
    hello
    hello there
    hi there
    dear customer
    good morning
    good afternoon
    good evening
    thanks
    thank you
    thanks for asking
    thank you for asking
    thanks for writing
    thank you for writing
    thanks for your message
    thank you for your message
    thanks for your question
    thank you for your question
    thank you for contacting us
    thanks for reaching out
    thank you for reaching out
    thanks for your patience
    thank you for your patience
    you're welcome
    happy to help
    i'm happy to help
    glad to help
    sure
    of course
    certainly
    good question
    great question
    sorry
    sorry about that
    sorry for the trouble
    sorry to hear that
    i'm sorry
    i'm sorry about that
    i'm sorry for the trouble
    i'm sorry to hear that
    i am sorry
    i am sorry about that
    i hope this helps
    i hope that helps
    hope this helps
    hope that helps
    let us know
    let me know
    let us know if you need anything else
    let me know if you need anything else
    let us know if you need more help
    let me know if you need more help
    let us know if you have any other questions
    let me know if you have any other questions
    let us know if you have any further questions
    let me know if you have any further questions
    if you have any other questions
    if you have any further questions
    if you need anything else
    just reply to this message
    just write back
    write back
    write back if you need anything else
    write back if anything is unclear
    feel free to write back
    feel free to reach out
    best
    best wishes
    best regards
    kind regards
    regards
    have a nice day
    have a great day
    does that help
    does this help
    did that help
    did this help
    does that answer your question
    does this answer your question
    is there anything else
    is there anything else we can do for you
    is there anything else i can help you with
    is there anything else we can help you with
    can i help you with anything else
    can we help you with anything else
    hallo
    guten tag
    guten morgen
    danke
    vielen dank
    vielen dank für ihre nachricht
    vielen dank für ihre anfrage
    danke für ihre nachricht
    danke für deine nachricht
    gern
    gerne
    gern geschehen
    das tut mir leid
    es tut mir leid
    ich hoffe das hilft
    ich hoffe das hilft ihnen weiter
    melden sie sich gern
    melden sie sich gerne
    bei weiteren fragen melden sie sich gerne
    viele grüße
    beste grüße
    mit freundlichen grüßen
    freundliche grüße
    hilft ihnen das weiter
    hilft das
    kann ich sonst noch helfen
    bonjour
    bonsoir
    merci
    merci pour votre message
    merci de votre message
    avec plaisir
    je suis désolé
    je suis désolée
    désolé
    j'espère que cela vous aide
    n'hésitez pas
    n'hésitez pas à nous écrire
    cordialement
    bien cordialement
    bonne journée
    cela vous aide-t-il
    hola
    buenos días
    buenas tardes
    gracias
    muchas gracias
    gracias por su mensaje
    gracias por tu mensaje
    gracias por escribirnos
    con gusto
    lo siento
    lamento las molestias
    espero que esto le ayude
    espero que esto te ayude
    saludos
    un saludo
    saludos cordiales
    le ayuda esto
    te ayuda esto
    """.replace("    ", "")
    .strip()
    .split("\n")
)
_NAME = r"[A-ZÀ-ÞА-Я][\w'-]{0,24}"
_GREETED = re.compile(
    r"(?:[Hh]i|[Hh]ello|[Dd]ear|[Hh]allo|[Ll]iebe[r]?|[Gg]uten [Tt]ag|[Hh]ola|[Bb]onjour)"
    r"(?: (?:Mr|Mrs|Ms|Dr|Frau|Herr|Señora?|Madame|Monsieur)\.?)?"
    rf"(?: {_NAME}){{1,2}}[,.!:]?"
)
_SIGNED = re.compile(
    r"(?:(?:[Bb]est|[Kk]ind|[Ww]arm) (?:wishes|regards)|[Rr]egards|[Cc]heers|[Vv]iele Grüße"
    r"|[Bb]este Grüße|[Mm]it freundlichen Grüßen|[Cc]ordialement|[Ss]aludos),?"
    rf"(?: (?:[Tt]he|[Yy]our|[Ii]hr|[Vv]otre))?(?: {_NAME}){{0,2}}"
    r"(?: (?:support|team|support team))?[,.!]?"
)
_PUNCTUATION = re.compile(r"[.!?:…¡¿–—\s]+")


def is_courtesy(sentence: str) -> bool:
    """Whether the sentence is a listed phrase, several with commas between them, a greeting of
    up to two names, or a closing with up to two names."""
    plain = sentence.replace("’", "'").strip()
    if _GREETED.fullmatch(plain) or _SIGNED.fullmatch(plain):
        return True
    parts = [_PUNCTUATION.sub(" ", part).strip().lower() for part in plain.split(",")]
    told = [part for part in parts if part]
    return bool(told) and all(part in _PHRASES for part in told)


def is_courteous_line(line: str) -> bool:
    """Whether a line says nothing but courtesies."""
    sentences = split_sentences(line)
    return bool(sentences) and all(is_courtesy(sentence) for sentence in sentences)
