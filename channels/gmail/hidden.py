"""Removes from HTML what its reader cannot see: styles that hide, and text in its background's
colour. What is hidden is where instructions to a model are put."""

import re
from collections.abc import Iterator

from lxml.html import HtmlElement  # type: ignore[import-untyped]

from channels.gmail.colours import TRANSPARENT, Colour, alike, parse_colour

_SILENT = {"head", "script", "style", "template", "title", "object", "iframe"}
_WHITE: Colour = (255, 255, 255)
_BLACK: Colour = (0, 0, 0)
_SIZE = re.compile(r"(-?[0-9]{0,9}\.?[0-9]{1,9})\s{0,3}([a-z%]{0,4})")
_CLEAR = re.compile(r"transparent|rgba\([^)]{1,60},\s{0,9}0?(?:\.0{1,9})?\s{0,9}\)")
_BRACE = re.compile(r"([{}])")
_SELECTOR = re.compile(r"(?:[a-zA-Z][a-zA-Z0-9]{0,20})?([.#])([\w-]{1,100})")
_MAX_STYLE, _MAX_SHEET = 5_000, 200_000


def remove_hidden(tree: HtmlElement) -> None:
    """Changes the tree in place. Text that follows a removed element stays."""
    hidden_names = _hidden_by_sheet(tree)
    for element in list(tree.iter()):
        comment = not isinstance(element.tag, str)  # or a processing instruction
        if comment or element.tag in _SILENT or _hides(element, hidden_names):
            _drop(element)
    _remove_camouflaged(tree)


def is_hidden_style(style: str) -> bool:
    """Whether a style attribute, or a rule's body, keeps its element from being seen."""
    found = _declarations(style)
    if found.get("display", "").startswith("none") or "all" in found.get("mso-hide", ""):
        return True
    if found.get("visibility", "").startswith(("hidden", "collapse")):
        return True
    if _size(found.get("opacity"), {"": 1, "%": 0.01}) < 0.1:
        return True
    if _size(found.get("font-size"), {"em": 16, "rem": 16, "%": 0.16}) <= 1:
        return True
    if found.get("overflow", "").startswith("hidden") and any(
        _size(found.get(name)) == 0 for name in ("height", "max-height", "width", "max-width")
    ):
        return True
    if any(_size(found.get(name)) <= -100 for name in ("text-indent", "left", "top")):
        return True
    if found.get("clip", "").replace(" ", "").startswith("rect(0"):
        return True
    return _CLEAR.match(found.get("color", "")) is not None


def _declarations(style: str) -> dict[str, str]:
    pairs = (declaration.partition(":") for declaration in style[:_MAX_STYLE].split(";"))
    return {name.strip().lower(): value.strip().lower() for name, _, value in pairs}


def _size(value: str | None, factors: dict[str, float] | None = None) -> float:
    """The number in pixels or so; infinite where there is none."""
    match = _SIZE.match(value or "")
    if match is None:
        return float("inf")
    return float(match[1]) * (factors or {}).get(match[2], 1)


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
        for selectors, rule in _rules((sheet.text or "")[:_MAX_SHEET]):
            if is_hidden_style(rule):
                matches = (_SELECTOR.fullmatch(part.strip()) for part in selectors.split(","))
                names |= {match[1] + match[2] for match in matches if match}
    return names


def _rules(css: str) -> Iterator[tuple[str, str]]:
    """Selectors and declarations outside of @-rules, whose contents hold on some screens only."""
    first, *others = css.replace("<!--", "").replace("-->", "").split("/*")
    css = first + "".join(other.partition("*/")[2] for other in others)
    depth, selector = 0, ""
    for piece in _BRACE.split(css):
        if piece == "{":
            depth += 1
        elif piece == "}":
            depth = max(depth - 1, 0)
        elif depth == 0:
            selector = piece.strip()
        elif depth == 1 and not selector.startswith("@"):
            yield selector, piece


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
    for declaration in element.get("style", "")[:_MAX_STYLE].split(";"):
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
