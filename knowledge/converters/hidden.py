"""Takes out of a web page what its readers cannot see.

What another element of the page opens, such as an answer under its question, is seen on a click
and stays.
"""

import re

import lxml.html  # type: ignore[import-untyped]

_HIDING = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)"
    r"|(?:font-size|opacity)\s*:\s*0(?![.\d]*[1-9])",
    re.IGNORECASE,
)
_CLASS_OR_ID = re.compile(r"[.#][\w-]{1,100}")
_RULE = re.compile(r"([^{}@]{1,2000})\{([^{}]{0,5000})\}")
_OPENERS = ("aria-controls", "data-target", "data-bs-target", "href", "for", "popovertarget")
_SILENT = {"script", "style", "template", "noscript", "head", "title"}
_MAX_SHEET = 200_000


def remove_hidden(page: lxml.html.HtmlElement) -> list[str]:
    """The words that were taken out, an entry for each element or comment; changes the page."""
    names = _find_hidden_names(page)
    opened = {
        value.rpartition("#")[2]
        for element in page.iter(lxml.etree.Element)
        for name in _OPENERS
        if (value := element.get(name))
    }
    removed = []
    for element in list(page.iter()):
        comment = not isinstance(element.tag, str)
        if comment or (_hides(element, names) and element.get("id", "") not in opened - {""}):
            text = element.text if comment else element.text_content()
            if words := " ".join(str(text or "").split()):
                removed.append(words)
            if element.getparent() is not None:
                element.drop_tree()
    return removed


def _hides(element: lxml.html.HtmlElement, names: set[str]) -> bool:
    if element.tag in _SILENT:
        return False  # nobody takes it for text
    if "hidden" in element.attrib or _HIDING.search(element.get("style", "")):
        return True
    own = {f".{name}" for name in element.get("class", "").split()} | {f"#{element.get('id', '')}"}
    return not own.isdisjoint(names)


def _find_hidden_names(page: lxml.html.HtmlElement) -> set[str]:
    """Classes and ids that a style sheet within the page hides wherever they stand."""
    names: set[str] = set()
    for sheet in page.iter("style"):
        for selectors, rule in _RULE.findall((sheet.text or "")[:_MAX_SHEET]):
            if _HIDING.search(rule):
                plain = (selector.strip() for selector in selectors.split(","))
                names.update(name for name in plain if _CLASS_OR_ID.fullmatch(name))
    return names
