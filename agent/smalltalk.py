"""Messages that ask nothing: thanks, "ok", a farewell, or so far only a greeting."""

import re

_POLITE = re.compile(
    r"\b(?:thanks?(?: you)?(?: (?:so|very) much| a lot| a million)?|thank u|thx|tx|ty|cheers|great"
    r"|perfect|awesome|excellent|wonderful|super|brilliant|lovely|amazing|nice|cool|good|fine|sweet"
    r"|ok(?:ay)?|okey|k|alright|all right|got it|understood|noted|will do|sure|yes|yep|yeah"
    r"|bye(?: bye)?|goodbye|have a (?:nice|good|great|lovely) (?:day|evening|night|week)"
    r"|see you|take care|best(?: wishes| regards)?|kind regards|regards|appreciate(?:d| it| that)?"
    r"|(?:that|this|it|which) (?:worked|works|helps|helped|solved it|did it|fixed it|is solved"
    r"|was it|solved the problem|did the trick)(?: now| perfectly| for me| fine| great)?"
    r"|solved|problem solved|all good|works(?: now)?|much|really|very|so|a lot|for (?:the|your)"
    r" (?:quick |fast |kind |great )*(?:help|reply|answer|response|support|info|information|update)"
    r"|(?:that|this|it|you)(?: was| is|'s| were)(?: a| an?| of| very| really| so| such)*"
    r" (?:great|good|big|huge|real|quick|wonderful|amazing)*(?: ?help(?:ful)?)?"
    r"|again|for (?:everything|that|this|helping)|you(?:'re| are) (?:the best|great|awesome)"
    r"|you|team|everyone|guys|both|all|and|i|am|i'm|happy|now|that's|that is|it's|kind|helpful"
    r"|danke(?: schön| sehr)?|vielen dank|dankeschön|tschüss|alles klar|(?:muchas )?gracias"
    r"|merci(?: beaucoup)?|au revoir|grazie|obrigad[oa]|bedankt)\b",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"\b(?:thank|thx|tx|ty|cheers|ok|okay|okey|k|perfect|great|awesome|bye|goodbye|solved|works"
    r"|worked|got it|understood|noted|alright|all right|all good|danke|dank|tschüss|alles klar"
    r"|gracias|merci|au revoir|grazie|obrigad[oa]|bedankt|appreciate\w*|helped|cool|nice|super)",
    re.IGNORECASE,
)
_GREETING = re.compile(
    r"\W*(?:hi|hey|hello|hallo|moin|servus|hola|bonjour|ciao|good (?:morning|afternoon|evening|day)"
    r"|gr(?:ü|ue)(?:ß|ss) (?:dich|sie|gott)|guten (?:tag|morgen|abend))"
    r"(?:,? (?:there|all|everyone|team|support|zusammen|liebes team))?\W*",
    re.IGNORECASE,
)
_PICTURES = re.compile(r"[^\w\s?¿]+")
_NAME = re.compile(r"\n\s*(?-i:[A-ZÀ-Þ][\w.'-]+(?: [A-ZÀ-Þ][\w.'-]+){0,2})\s*$")
_MAX_WORDS = 20
_PICTURES_ONLY = re.compile(r"^[\s👍🙏❤️😊🙂👌🎉💯✅🤝😀😃😄🫶]+$")


def is_greeting(text: str) -> bool:
    """Whether the message is a greeting and nothing else, as many a chat begins."""
    return bool(_GREETING.fullmatch(text))


def is_small_talk(text: str) -> bool:
    """Whether nothing is left of the message once its politeness is taken away."""
    if "?" in text or len(text.split()) > _MAX_WORDS:
        return False
    if text.strip() and _PICTURES_ONLY.match(text):
        return True
    if not _CLOSING.search(text):
        return False
    rest = _PICTURES.sub(" ", _POLITE.sub(" ", _NAME.sub("", text)))
    return not rest.strip()
