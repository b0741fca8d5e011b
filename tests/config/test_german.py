"""The German catalogue: whole, certain, and compiled as it stands. `make messages` brings it up to
date with the texts in code and templates."""

import ast
import gettext
import re
from pathlib import Path

from django.conf import settings

FOLDER = Path(settings.BASE_DIR) / "locale/de/LC_MESSAGES"
_STRING = re.compile(r'^(msg\w+(?:\[\d\])?)? ?(".*")$')


def read_entries() -> list[dict[str, str]]:
    """Each entry's fields by their keyword; `flags` are those of its comment."""
    entries = []
    for block in (FOLDER / "django.po").read_text().split("\n\n"):
        entry: dict[str, str] = {"flags": ""}
        keyword = ""
        for line in block.split("\n"):
            if line.startswith("#,"):
                entry["flags"] += line
            elif match := _STRING.match(line):
                keyword = match[1] or keyword
                entry[keyword] = entry.get(keyword, "") + ast.literal_eval(match[2])
        if entry.get("msgid"):
            entries.append(entry)
    return entries


CALLS = {"_", "_t", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy"}
APPS = ("agent", "channels", "config", "crm", "knowledge", "tickets")


def read_marked_texts() -> set[str]:
    """What the code marks for translation, by whatever name a module gives to gettext."""
    return {
        node.args[0].value
        for app in APPS
        for path in Path(settings.BASE_DIR, app).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in CALLS
        and node.args
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, str)
    }


def test_what_the_code_marks_stands_in_the_catalogue() -> None:
    assert read_marked_texts() - {entry["msgid"] for entry in read_entries()} == set()


def test_nothing_is_untranslated_or_guessed() -> None:
    entries = read_entries()
    assert len(entries) > 1_000
    wanting = [
        entry["msgid"]
        for entry in entries
        if "fuzzy" in entry["flags"]
        or not all(text for name, text in entry.items() if name.startswith("msgstr"))
    ]
    assert wanting == []


def test_what_is_compiled_is_what_stands_there() -> None:
    with (FOLDER / "django.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    for entry in read_entries():
        if "msgid_plural" in entry:
            for count, name in ((1, "msgstr[0]"), (2, "msgstr[1]")):
                found = compiled.ngettext(entry["msgid"], entry["msgid_plural"], count)
                assert found == entry[name]
        elif "msgctxt" in entry:
            assert compiled.pgettext(entry["msgctxt"], entry["msgid"]) == entry["msgstr"]
        else:
            assert compiled.gettext(entry["msgid"]) == entry["msgstr"]
