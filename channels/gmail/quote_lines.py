"""The lines that mail programs put between an answer and what it answers, in many languages.

Every pattern is bounded and is tried on single lines or on windows of four, so the time that a
mail takes grows with its length only.
"""

import re
from dataclasses import dataclass

_DASH = "[-\u2010-\u2015_=]"
# Words before the date and the verb after it; a date or time must stand in the line besides.
_ATTRIBUTIONS = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"on\b.{5,400}\b(?:wrote|writes)\s?:",
        r"am\b.{5,400}\bschrieb\b.{0,200}:",
        r"le\b.{5,400}\ba écrit\s?:",
        r"el\b.{5,400}\bescribió\s?:",
        r"il\b.{5,400}\bha scritto\s?:",
        r"em\b.{5,400}\bescreveu\s?:",
        r"op\b.{5,400}\bschreef\b.{0,200}:",
        r"(?:den|man|tir?s?|ons|tors?|fre|l[öø]r|s[öø]n)\b.{5,400}\bskr(?:ev|iver)\b.{0,200}:",
        r"dne\b.{5,400}\bnapsala?(?:\(a\))?\s?:",
        r".{5,400}\b(?:napisał(?:a|\(a\))?|pisze|kirjoitti|a scris|írta|yazdı|đã viết)\s?:",
        r".{5,400}(?:пишет|написала?|пише|написав|έγραψε|כתב/ה|כתב|كتب)\s?:",
        r".{5,400}(?:写道|寫道|書きました|のメール|작성|썼습니다|작성하였습니다)\s?[:：]",
        r"[^:]{1,200}<[^<>@\s]+@[^<>\s]+>\s.{0,40}(?:schrieb am|wrote on)\b.{5,100}:",
        r"\d{4}年\d{1,2}月\d{1,2}日.{5,200}<[^<>@\s]+@[^<>\s]+>\s?[:：]",
    )
]
_DATE = re.compile(r"\d{1,2}[:.h]\d{2}|\d{4}|\d{1,2}[./-]\d{1,2}[./-]|\d{1,2}月")
_ANY_ATTRIBUTION = re.compile(r".{0,300}<[^<>@\s]+@[^<>\s]+>.{0,60}[:：]")
_SEPARATOR = re.compile(
    rf"\W{{0,3}}{_DASH}{{2,60}}\s*(?:"
    r"original message|original(?:-| )?nachricht|ursprüngliche nachricht|ursprungliche nachricht|"
    r"message d'origine|message original|mensaje original|messaggio originale|mensagem original|"
    r"oorspronkelijk bericht|originalmeddelande|ursprungligt meddelande|oprindelig meddelelse|"
    r"opprinnelig melding|alkuperäinen viesti|wiadomość oryginalna|oryginalna wiadomość|"
    r"původní zpráva|исходное сообщение|eredeti üzenet|mesaj original|özgün ileti|reply message|"
    rf"原始邮件|原始郵件|邮件原件|元のメッセージ|원본 메시지)\s*{_DASH}{{2,60}}\W{{0,3}}",
    re.IGNORECASE,
)
FORWARD_SEPARATOR = re.compile(
    rf"\W{{0,3}}{_DASH}{{2,60}}\s*(?:"
    r"forwarded message|weitergeleitete nachricht|message transféré|message transmis|"
    r"mensaje reenviado|messaggio inoltrato|mensagem encaminhada|doorgestuurd bericht|"
    r"vidarebefordrat meddelande|videresendt (?:meddelelse|besked|melding)|"
    r"przekazana wiadomość|wiadomość przekazana|přeposlaná zpráva|пересылаемое сообщение|"
    r"välitetty viesti|továbbított üzenet|转发的?邮件|轉寄郵件|転送されたメッセージ|전달된 메시지)"
    rf"\s*{_DASH}{{2,60}}\W{{0,3}}|begin forwarded message:|"
    r"anfang der weitergeleiteten nachricht:|début du message (?:réexpédié|transféré)\s?:",
    re.IGNORECASE,
)
_RULE = re.compile(r"_{20,}|-{30,}")
_LABEL = re.compile(r"[*_\s]{0,4}(\w[\w './-]{0,24}?)\s?[*_]{0,2}[:：][*_]{0,2}\s?(.{0,1000})")


def _labels(names: str) -> frozenset[str]:
    return frozenset(name.strip() for name in names.split(","))


FROM_LABELS = _labels(
    "from,von,de,da,van,från,fra,lähettäjä,od,от,від,发件人,寄件者,差出人,보낸 사람,kimden,"
    "absender,expéditeur,feladó,από,de la"
)
SUBJECT_LABELS = _labels(
    "subject,betreff,objet,asunto,oggetto,assunto,onderwerp,ämne,emne,aihe,temat,předmět,тема,"
    "主题,主旨,件名,제목,konu,tárgy,subiect,θέμα"
)
_OTHER_LABELS = _labels(
    "sent,date,to,cc,reply-to,gesendet,datum,an,kopie,envoyé,à,fecha,enviado,enviada,para,data,"
    "enviado el,enviada em,enviado em,inviato,a,verzonden,aan,skickat,till,kopia,sendt,til,"
    "lähetetty,vastaanottaja,wysłano,do,dw,"
    "odesláno,komu,отправлено,дата,кому,копия,发送时间,收件人,抄送,日期,送信日時,日時,宛先,"
    "받는 사람,보낸 날짜,날짜,tarih,gönderildi,kime,elküldve,címzett,trimis,către"
)
_POINTER = re.compile(
    r"\b(?:see|answers?|answered|comments?|repl(?:y|ies|ied)|responses?|responded|notes?)\b.{0,40}"
    r"\b(?:below|in-?line|in line|in (?:red|blue|green|bold))\b|\binline\b|\bsiehe unten\b|"
    r"\bs\. ?u\.|\bunten (?:im|in)\b|\bim text\b|\bin (?:rot|blau|grün)\b|\bci-dessous\b|"
    r"\bplus bas\b|\ben rouge\b|\b(?:ver|más) abajo\b|\bvedi sotto\b|\bqui sotto\b|"
    r"\bzie hieronder\b|\bse nedan\b|\bse nedenfor\b|\bveja abaixo\b",
    re.IGNORECASE,
)
_TAGLINE = re.compile(
    r"\W{0,3}(?:sent from my [\w .'-]{1,40}|"
    r"sent from (?:outlook|yahoo|mail|proton|mobile)\b.{0,60}|"
    r"sent (?:with|via) (?:proton|the|my|a)\b.{0,60}|get outlook for .{1,60}|"
    r"gesendet (?:von|mit)\b.{1,60}|von meinem .{1,40} gesendet|von (?:outlook|yahoo).{0,40}|"
    r"diese nachricht wurde von meinem .{1,60}|envoyé (?:de|depuis|à partir)\b.{1,60}|"
    r"enviado (?:desde|do|de)\b.{1,40}|inviato da.{1,40}|verzonden v[ai].{1,40}|"
    r"skickat från .{1,40}|sendt fra .{1,40}|lähetetty .{1,40}|wysłan[eo] z .{1,40}|"
    r"odesláno z .{1,40}|отправлено (?:с|из) .{1,40}|发自我的.{1,20}|iphoneから送信|"
    r"나의 iphone에서 보냄)\W{0,3}(?:\[?<?https?://\S{1,200})?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Boundary:
    """Lines `start` to `end` (exclusive) that say that older mail follows."""

    start: int
    end: int


def is_quoted(line: str) -> bool:
    return line.lstrip(" \t").startswith((">", "\uff1e"))


def find_boundary(lines: list[str], start: int) -> Boundary | None:
    """The first boundary among the unquoted lines from `start` on."""
    for index in range(start, len(lines)):
        line = lines[index]
        if not line.strip() or is_quoted(line):
            continue
        found = _boundary_at(lines, index, start)
        if found:
            return found
    return None


def header_block(lines: list[str], index: int) -> tuple[dict[str, str], int] | None:
    """The fields of a quoted mail's head that begins at `index`, by label in lower case, and
    the line after it; None unless sender, subject and one more field stand there."""
    fields: dict[str, str] = {}
    end, blank, last = index, 0, ""
    for position in range(index, min(index + 16, len(lines))):
        line = lines[position].strip()
        if not line:
            blank += 1
            if blank > 1:
                break
            continue
        match = _LABEL.fullmatch(line[:1100])
        label = match[1].strip().lower() if match else ""
        known = label in FROM_LABELS or label in SUBJECT_LABELS or label in _OTHER_LABELS
        if match and known and label not in fields:
            fields[label], last, blank, end = match[2].strip(), label, 0, position + 1
        elif last and not blank and position == end and (line.startswith("<") or "@" in line):
            fields[last] += " " + line  # folded
            end = position + 1
        else:
            break
    sender = any(label in FROM_LABELS for label in fields)
    subject = any(label in SUBJECT_LABELS for label in fields)
    return (fields, end) if sender and subject and len(fields) >= 3 else None


def is_tagline(line: str) -> bool:
    """Whether a mail program signed itself here ("Sent from my …")."""
    return _TAGLINE.fullmatch(line.strip()[:300]) is not None


def points_below(text: str) -> bool:
    """Whether the sender says that the answers stand further down."""
    return len(text) < 600 and _POINTER.search(text) is not None


def _boundary_at(lines: list[str], index: int, start: int) -> Boundary | None:
    line = lines[index].strip()[:700]
    if _SEPARATOR.fullmatch(line) or FORWARD_SEPARATOR.fullmatch(line):
        return Boundary(index, _after_heading(lines, index + 1))
    if _RULE.fullmatch(line):
        following = _next_text(lines, index + 1)
        if following is not None and header_block(lines, following):
            return Boundary(index, _after_heading(lines, following))
        return None
    match = _LABEL.fullmatch(line)
    if match and match[1].strip().lower() in FROM_LABELS:
        block = header_block(lines, index)
        if block:
            return Boundary(index, block[1])
    if line.endswith((":", "：")):
        return _attribution(lines, index, start)
    return None


def _attribution(lines: list[str], index: int, start: int) -> Boundary | None:
    """An attribution that ends at `index`; programs wrap it over up to four lines."""
    joined = ""
    for first in range(index, max(start, index - 3) - 1, -1):
        line = lines[first].strip()
        if not line or is_quoted(line) or len(joined) > 600:
            break
        joined = f"{line[:600]} {joined}".strip()
        if not _DATE.search(joined):
            continue
        if any(pattern.fullmatch(joined) for pattern in _ATTRIBUTIONS):
            return Boundary(first, index + 1)
        following = _next_text(lines, index + 1)
        quoted = following is not None and is_quoted(lines[following])
        if quoted and _ANY_ATTRIBUTION.fullmatch(joined):
            return Boundary(first, index + 1)
    return None


def _after_heading(lines: list[str], index: int) -> int:
    """The line after the fields or the attribution that may follow a separator."""
    following = _next_text(lines, index)
    if following is None:
        return index
    block = header_block(lines, following)
    if block:
        return block[1]
    for last in range(following, min(following + 4, len(lines))):
        if lines[last].strip().endswith((":", "：")):
            found = _attribution(lines, last, following)
            if found:
                return found.end
    return index


def _next_text(lines: list[str], index: int) -> int | None:
    return next((i for i in range(index, min(index + 4, len(lines))) if lines[i].strip()), None)
