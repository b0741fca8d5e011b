"""Removes from HTML what its reader cannot see: styles that hide, and text in its background's
colour. What is hidden is where instructions to a model are put."""

import re

from lxml.html import HtmlElement  # type: ignore[import-untyped]

from channels.gmail.colours import TRANSPARENT, Colour, alike, parse_colour

_SILENT = {"head", "script", "style", "template", "title", "object", "iframe"}
_WHITE: Colour = (255, 255, 255)
_BLACK: Colour = (0, 0, 0)
_HIDING = re.compile(
    r"display\s*:\s*none"
    r"|visibility\s*:\s*(?:hidden|collapse)"
    r"|font-size\s*:\s*(?:0*\.\d+|[01])(?:\.\d+)?\s*(?:px|pt|em|rem|%)?\s*(?:!|;|$)"
    r"|mso-hide\s*:\s*all"
    r"|(?:max-)?(?:height|width)\s*:\s*0(?:px|pt)?\s*(?:!|;|$)[^}]*overflow\s*:\s*hidden"
    r"|overflow\s*:\s*hidden[^}]*(?:max-)?(?:height|width)\s*:\s*0(?:px|pt)?\s*(?:!|;|$)"
    r"|text-indent\s*:\s*-\d{3,}"
    r"|(?:left|top)\s*:\s*-\d{3,}"
    r"|clip\s*:\s*rect\(\s*0"
    r"|color\s*:\s*(?:transparent|rgba\([^)]*,\s*0(?:\.0+)?\s*\))",
    re.IGNORECASE,
)
_VISIBLE_FONT = re.compile(r"font-size\s*:\s*1(?:\.\d+)?\s*(?:em|rem)", re.IGNORECASE)
_OPACITY = re.compile(r"(?<![\w-])opacity\s*:\s*([\d.]+)", re.IGNORECASE)
_MEDIA = re.compile(r"@[^{}]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}")
_CSS_COMMENT = re.compile(r"/\*.*?\*/|<!--|-->", re.DOTALL)
_RULE = re.compile(r"([^{}]{1,500})\{([^{}]{0,2000})\}")
_SELECTOR = re.compile(r"(?:[a-zA-Z][a-zA-Z0-9]*)?([.#])([\w-]{1,100})\s*$")


def remove_hidden(tree: HtmlElement) -> None:
    """Changes the tree in place. Text that follows a removed element stays."""
    hidden_names = _hidden_by_sheet(tree)
    for element in list(tree.iter()):
        comment = not isinstance(element.tag, str)  # or a processing instruction
        if comment or element.tag in _SILENT or _hides(element, hidden_names):
            _drop(element)
    _remove_camouflaged(tree)


def is_hidden_style(style: str) -> bool:
    """Whether a style attribute keeps its element from being seen."""
    if not style:
        return False
    opacity = _OPACITY.search(style)
    if opacity and _number(opacity[1]) < 0.1:
        return True
    found = _HIDING.search(style)
    return found is not None and _VISIBLE_FONT.match(found[0]) is None


def _hides(element: HtmlElement, hidden_names: set[str]) -> bool:
    if "hidden" in element.attrib or is_hidden_style(element.get("style", "")):
        return True
    if not hidden_names:
        return False
    names = {f".{name}" for name in element.get("class", "").split()}
    names.add(f"#{element.get('id', '')}")
    return not names.isdisjoint(hidden_names)


def _hidden_by_sheet(tree: HtmlElement) -> set[str]:
    """Classes and ids that a style sheet of the mail hides on every screen."""
    names: set[str] = set()
    for sheet in tree.iter("style"):
        css = _MEDIA.sub("", _CSS_COMMENT.sub("", (sheet.text or "")[:200_000]))
        for selectors, rule in _RULE.findall(css):
            if is_hidden_style(rule):
                for selector in selectors.split(","):
                    match = _SELECTOR.fullmatch(selector.strip())
                    if match:
                        names.add(match[1] + match[2])
    return names


def _remove_camouflaged(tree: HtmlElement) -> None:
    """Empties texts whose colour is that of their background, as far as both are declared."""
    stack: list[tuple[HtmlElement, Colour, Colour | None]] = [(tree, _BLACK, _WHITE)]
    while stack:
        element, colour, background = stack.pop()
        own_colour, own_background, picture = _declared(element)
        colour = own_colour or colour
        if picture:
            background = None  # cannot be told
        elif own_background:
            background = own_background
        camouflaged = background is not None and alike(colour, background)
        if camouflaged:
            element.text = None
        for child in element:
            if camouflaged:
                child.tail = None
            stack.append((child, colour, background))


def _declared(element: HtmlElement) -> tuple[Colour | None, Colour | None, bool]:
    """The element's own colour, its own background, and whether a picture lies behind it."""
    colour = parse_colour(element.get("color", "") or element.get("text", ""))
    background = parse_colour(element.get("bgcolor", ""))
    picture = bool(element.get("background"))
    for declaration in element.get("style", "").split(";"):
        name, _, value = declaration.partition(":")
        name = name.strip().lower()
        if name == "color":
            colour = parse_colour(value) or colour
        elif name in ("background", "background-color", "background-image"):
            picture = picture or "url(" in value or "gradient" in value
            background = parse_colour(value) or background
    return colour, None if background == TRANSPARENT else background, picture


def _drop(element: HtmlElement) -> None:
    parent = element.getparent()
    if parent is None:
        return
    tail = element.tail
    if tail:
        previous = element.getprevious()
        if previous is not None:
            previous.tail = (previous.tail or "") + tail
        else:
            parent.text = (parent.text or "") + tail
    parent.remove(element)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 1.0
