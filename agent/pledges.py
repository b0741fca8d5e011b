"""Promises, and requests for secrets, that no answer may make on its own, in four languages.

What the sources say in the same words is theirs to say; a warning ("never tell us your password")
is no request.
"""

import re
from collections.abc import Iterator

_ENGLISH_PROMISE = (
    r"(?:we|i)(?:'ll| will| shall| can| have|'ve|'m going to| are going to)\s+(?:\w+\s+){0,4}?"
    r"(?:refund(?:ed)?|reimburse[d]?|credit(?:ed)? you|compensate[d]?|waive[d]?|discount)"
    r"|you(?:'ll| will| are going to) (?:get|receive|be given) (?:\w+\s+){0,3}?"
    r"(?:refund|discount|compensation|money back|free)"
    r"|(?:we|i)(?:'ll| will) (?:\w+\s+){0,2}?(?:add|build|release|ship|implement|launch)\b"
    r"|(?:i|we) (?:promise|guarantee)|coming soon|on our roadmap"
    r"|your (?:refund|discount|upgrade) (?:is|was|has been|will be) (?:\w+\s+){0,2}?"
    r"(?:approved|granted|issued|paid|sent|accepted|confirmed)"
    r"|your (?:money|payment|last payment) (?:goes back|comes back|is (?:on its way )?back"
    r"|will be (?:returned|refunded|sent back))"
)
_GERMAN_PROMISE = (
    r"(?:wir|ich) (?:erstatten|erstatte|überweisen|überweise|schenken|schenke|entschädigen"
    r"|verzichten|garantieren|garantiere|versprechen|verspreche)\b"
    r"|(?:wir|ich) (?:werden|werde|können|kann) (?:\w+\s+){0,8}?(?:erstatten|zurückerstatten"
    r"|zurückzahlen|gutschreiben|überweisen|schenken|einbauen|veröffentlichen|einführen)\b"
    r"|(?:wird|werden|wurde|wurden|ist) (?:\w+\s+){0,6}?(?:zurückerstattet|erstattet|zurückgezahlt"
    r"|gutgeschrieben|genehmigt|zurücküberwiesen)\b"
    r"|sie (?:erhalten|bekommen) (?:\w+\s+){0,5}?(?:erstattung|rückerstattung|rabatt|gutschrift"
    r"|geld|entschädigung|kostenlos|gratis)\b"
    r"|versprochen|garantiert|kostenlos|gratis"
)
_SPANISH_PROMISE = (
    r"(?:le|te|les|se le|se te) (?:reembolsaremos|devolveremos|reembolsamos|devolvemos"
    r"|abonaremos|compensaremos|regalamos|prometemos|garantizamos|prometo|garantizo)\b"
    r"|(?:reembolsaremos|devolveremos|compensaremos|prometemos|garantizamos|prometo|garantizo)\b"
    r"|(?:vamos|voy) a (?:\w+\s+){0,3}?(?:reembolsar|devolver|compensar|añadir|lanzar)\w*"
    r"|(?:será|serán|ha sido|fue|está) (?:\w+\s+){0,3}?(?:reembolsad[oa]|devuelt[oa]|aprobad[oa]"
    r"|abonad[oa])s?\b"
    r"|(?:recibirá|recibirás|obtendrá|obtendrás) (?:\w+\s+){0,4}?(?:reembolso|descuento|dinero"
    r"|devolución|compensación|gratis)\b|gratis|gratuit[oa]s?"
)
_FRENCH_PROMISE = (
    r"nous (?:vous )?(?:rembourserons|remboursons|créditerons|dédommagerons|offrons|promettons"
    r"|garantissons)\b|je (?:vous )?(?:promets|garantis|rembourse|rembourserai)\b"
    r"|(?:allons|vais) (?:\w+\s+){0,3}?(?:rembourser|créditer|dédommager|ajouter|lancer)\b"
    r"|(?:sera|seront|a été|ont été|est) (?:\w+\s+){0,3}?(?:remboursée?s?|créditée?s?|accordée?s?"
    r"|approuvée?s?)\b"
    r"|vous (?:recevrez|obtiendrez|aurez) (?:\w+\s+){0,4}?(?:remboursement|remise|réduction|argent"
    r"|dédommagement|gratuit\w*)\b|gratuit(?:e|s|es|ement)?"
)
_PROMISES = re.compile(
    rf"\b(?:{_ENGLISH_PROMISE}|{_GERMAN_PROMISE}|{_SPANISH_PROMISE}|{_FRENCH_PROMISE})\b",
    re.IGNORECASE,
)

_SECRETS = (
    r"(?:pass(?:word|phrase|code)s?|credentials|pin(?: code| number)?|(?:credit |debit |bank )?card"
    r"(?: number| details| data)|cvv|cvc|security codes?|(?:verification |one-time |recovery "
    r"|six-digit |6-digit |2fa |sms |log-?in |authenticat\w+ )?codes?(?! (?:block|editor))"
    r"|api keys?|bank (?:details|account number)|iban|social security number"
    r"|passw[oö]rt|kennwort|zugangsdaten|kartennummer|kreditkarten\w*|kartendaten|prüfziffer"
    r"|(?:bestätigungs|sicherheits|einmal)?code|geheimzahl|tan|bankverbindung|kontonummer"
    r"|contraseña|clave|número de (?:su |tu |la )?tarjeta|datos de (?:su |tu |la )?tarjeta|código"
    r"|mot de passe|numéro de (?:votre |ta |la )?carte|code (?:de|à|reçu)\w*)"
)
_NEAR = r"[^.!?;\n]{0,60}?"
_ASKING = (
    rf"(?<!we )(?<!we'll )(?<!we will )(?:send|give|tell|e-?mail|text|forward|provide|share|supply"
    rf"|submit|disclose|reveal|message|hand|dictate|let){_NEAR}\b(?:your|us|me)\b{_NEAR}"
    rf"|(?:reply|respond|answer|write back|come back|get back)(?: to \w+)?(?: \w+)? with\b{_NEAR}"
    rf"|(?:read|say|speak|spell) (?:out|back|aloud|us|me)\b{_NEAR}"
    rf"|(?:confirm|verify|what is|what's|what was|what are) (?:your|the) (?:\w+ ){{0,3}}?"
    rf"|(?:we|i)(?:'ll| will| would| do)? (?:need|require)\b{_NEAR}"
    rf"|(?:senden|schicken|nennen|teilen|mailen|übermitteln|verraten|schick|sende|nenne?"
    rf"|geben sie (?:uns|mir)|gib (?:uns|mir)|wir (?:brauchen|benötigen)|antworten sie"
    rf"|wie (?:lautet|ist))\b{_NEAR}"
    rf"|(?:env[ií]\w*|d[ií](?:ga|ganos|game|nos|me)|facilit\w+|proporcion\w+|compart\w+"
    rf"|respond\w+|indi(?:que|quenos|ca|canos)|necesitamos|cuál es)\b{_NEAR}"
    rf"|(?:envoyez|donnez|communiquez|fournissez|indiquez|transmettez|répondez|dites|partagez"
    rf"|envoie|donne|nous avons besoin|quel est)\b{_NEAR}"
)
_REQUESTS = re.compile(rf"\b(?:{_ASKING})\b{_SECRETS}\b", re.IGNORECASE)
_WARNING = re.compile(
    r"\b(?:never|not|don't|do not|won't|nobody|no one|nie|niemals|nicht|kein\w*|nunca|no|jamais"
    r"|ne)\b[^.,;:!?\n]{0,60}$",
    re.IGNORECASE,
)


def find_promise(answer: str, sources: str) -> str:
    """The words that promise money, features or favours which `sources` do not say themselves;
    "" if there are none."""
    return next((match[0] for match in _list_foreign(_PROMISES, answer, sources)), "")


def find_request(answer: str, sources: str) -> str:
    """The words that ask for a password, a card or a code; "" if there are none."""
    for match in _list_foreign(_REQUESTS, answer, sources):
        if not _WARNING.search(match.string[max(0, match.start() - 80) : match.start()]):
            return match[0]
    return ""


def _list_foreign(pattern: re.Pattern[str], answer: str, sources: str) -> Iterator[re.Match[str]]:
    """The matches whose words the sources lack; line breaks count as spaces."""
    said = " ".join(sources.split()).lower()
    lines = (" ".join(line.split()) for line in answer.replace("’", "'").split("\n\n"))
    return (
        match for line in lines for match in pattern.finditer(line) if match[0].lower() not in said
    )
