"""What each format becomes, and that hostile files do no harm."""

import io
import os
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import pytest
from django.conf import settings

from knowledge.documents import BrokenDocumentError, Defaults, Document, kind_of, read_documents
from tests.knowledge import files


def read(path: str, content: bytes) -> Document:
    (document,) = read_documents(path, content, Defaults()).documents
    return document


def test_a_pdf_becomes_headings_lists_and_paragraphs() -> None:
    document = read("guides/manual.pdf", files.pdf())

    assert document.title == "The manual"
    assert document.slug == "guides/manual"
    assert document.topic == "Guides"
    assert document.body.startswith("## Plans\n\nYou can change the plan")
    assert "### Cancel\n\n- Open the settings\n- Press\n\n" in document.body
    # Lines are paragraphs again, and the foot of each page is gone.
    assert files.LONG.strip() in document.body
    assert "Example Inc." not in document.body


def test_a_word_document_keeps_headings_lists_and_tables() -> None:
    document = read("rechnungen.docx", files.docx())

    assert document.title == "Rechnungen"
    assert document.language == "de"
    assert document.body == (
        "## Wo sie sind\n\nUnter Einstellungen.\n\n- Öffnen\n   - Tiefer\n\n\\# kein Titel\n\n"
        "| Plan | Preis \\| Monat |\n| --- | --- |\n| Team | 9 |"
    )


def test_of_a_page_remains_its_main_text() -> None:
    document = read("plan.html", files.html())

    assert document.title == "Change your plan"
    assert document.summary == "How to change it."
    assert document.language == "en-GB"
    assert "## Steps\n\n1. Open it\n2. Press it" in document.body
    assert "```\nplan --change\nplan --show\n```\n\n| Plan | Price |" in document.body
    for unwanted in ("alert", "color", "Home", "Copyright", "# Change your plan"):
        assert unwanted not in document.body


def test_links_of_a_page_start_from_its_address() -> None:
    address = "https://example.com/help/plan.html"
    reading = read_documents(address, files.html(), Defaults(), slug_path="web/help/plan.html")
    (document,) = reading.documents

    assert document.slug == "web/help/plan"
    assert "[the plans](https://example.com/plans)" in document.body


def test_plain_text_is_taken_as_it_stands() -> None:
    document = read(
        "notes/first steps.txt", b"    Indented\n\n# no heading\n- item\nTitle\n=====\n"
    )

    assert document.title == "First steps"
    assert document.body == "Indented\n\n\\# no heading\n- item\nTitle\n"


@pytest.mark.parametrize(
    "table",
    [
        "question,answer,category\nHow?,So.,Plans\nWhat?,That.,\n",
        "Kategorie;Antwort;Frage\nPlans;So.;How?\n;That.;What?\n",
        '"Question"\t"Answer"\t"Topic"\r\n"How?"\t"So."\t"Plans"\r\n"What?"\t"That."\t\r\n',
        "\ufeffquestion,answer,topic\nHow?,So.,Plans\nWhat?,That.,\n",
    ],
)
def test_each_line_of_a_table_is_an_article(table: str) -> None:
    documents = read_documents("faq.csv", table.encode(), Defaults()).documents

    assert [(d.title, d.body, d.topic, d.slug, d.path) for d in documents] == [
        ("How?", "So.", "Plans", "faq/how", "faq.csv#how"),
        ("What?", "That.", "", "faq/what", "faq.csv#what"),
    ]


def test_a_table_saved_as_utf_16_is_read() -> None:
    reading = read_documents(
        "faq.csv", "Frage;Antwort\nWie?;Größer.\n".encode("utf-16"), Defaults()
    )

    assert [document.body for document in reading.documents] == ["Größer."]


def test_a_broken_line_of_a_table_is_named_and_the_rest_goes_on() -> None:
    reading = read_documents(
        "faq.csv", b"question,answer\nHow?,So.\nNo answer?,\nHow?,Otherwise.\n", Defaults()
    )

    assert [document.path for document in reading.documents] == ["faq.csv#how", "faq.csv#how-2"]
    assert reading.problems == ("line 3: It lacks the question or the answer.",)


def test_an_entry_keeps_its_identity_when_its_neighbour_changes() -> None:
    def hashes(table: str) -> dict[str, str]:
        reading = read_documents("faq.csv", table.encode(), Defaults())
        return {document.path: document.content_hash for document in reading.documents}

    before = hashes("id,question,answer\n1,How?,So.\n2,What?,That.\n")
    after = hashes("id,question,answer\n1,How?,So.\n2,What is it?,This.\n")

    assert before["faq.csv#1"] == after["faq.csv#1"]
    assert before["faq.csv#2"] != after["faq.csv#2"]


def test_json_holds_one_document_or_a_list() -> None:
    one = read("doc_1.json", b'{"id": "x", "title": "Fees", "content": "## None\\nReally."}')
    several = read_documents("faq.json", b'[{"question": "How?", "answer": "So."}]', Defaults())

    assert (one.title, one.slug, one.body) == ("Fees", "doc_1", "## None\nReally.")
    assert several.documents[0].slug == "faq/how"


def bomb() -> bytes:
    """A Word document of 300 KB that unpacks to 300 MB."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("word/document.xml", b"0" * 300_000_000)
    return buffer.getvalue()


def inflating_pdf() -> bytes:
    """A page whose stream unpacks to 400 MB."""
    packed = zlib.compress(zlib.compress(b"BT (x) Tj ET " * 30_000_000, 9), 9)
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/Contents 4 0 R/MediaBox[0 0 9 9]>>",
        b"<</Filter[/FlateDecode/FlateDecode]/Length %d>>stream\n%s\nendstream"
        % (len(packed), packed),
    ]
    written = b"%PDF-1.4\n"
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(written))
        written += b"%d 0 obj%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"trailer<</Size 5/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % len(written)
    return written + b"xref\n0 5\n0000000000 65535 f \n" + table + end


@pytest.mark.parametrize(
    ("path", "content", "reason"),
    [
        ("a.exe", b"MZ", "format is not known"),
        ("a.pdf", b"%PDF-1.4 rubbish", "damaged"),
        ("a.pdf", b"", "damaged"),
        ("a.docx", b"PK rubbish", "damaged"),
        ("a.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "password"),
        ("a.html", b"", "No main text"),
        ("a.html", b"<script>document.write('x')</script>", "No main text"),
        ("a.csv", b"one,two,three\n1,2,3\n", "names no columns"),
        ("a.csv", b"question,answer\n,\n", "no entries"),
        ("a.csv", b"question,answer\nHow?,\n", "line 2: It lacks"),
        ("a.json", b"{", "not valid JSON"),
        ("a.json", b"[1]", "holds no objects"),
        ("a.json", b"[" * 100_000, "not valid JSON"),
        ("a.txt", b"x" * 1_100_000, "larger than 1 MB"),
    ],
    ids=lambda value: repr(value)[:24],
)
def test_a_broken_file_says_why(path: str, content: bytes, reason: str) -> None:
    with pytest.raises(BrokenDocumentError, match=reason):
        read_documents(path, content, Defaults())


def test_protected_and_scanned_pdfs_say_what_to_do() -> None:
    with pytest.raises(BrokenDocumentError, match="save it without one"):
        read("a.pdf", files.pdf(password="secret"))
    with pytest.raises(BrokenDocumentError, match="text recognition"):
        read("a.pdf", files.scanned_pdf())


def test_what_unpacks_to_too_much_is_refused() -> None:
    with pytest.raises(BrokenDocumentError, match="more than is safe"):
        read("a.docx", bomb())
    with pytest.raises(BrokenDocumentError):
        read("a.pdf", inflating_pdf())


@pytest.mark.parametrize(
    ("path", "media_type", "kind"),
    [
        ("https://x.org/a", "text/html; charset=utf-8", "html"),
        ("https://x.org/a.md", "text/plain", "markdown"),
        ("https://x.org/a.pdf", "application/octet-stream", "pdf"),
        ("https://x.org/a.html", "application/pdf", "pdf"),
        ("https://x.org/a.html", "image/png", None),
        ("a.PDF", "", "pdf"),
        ("a", "", None),
    ],
)
def test_the_format_is_told_by_media_type_and_suffix(
    path: str, media_type: str, kind: str | None
) -> None:
    found = kind_of(path, media_type)

    assert (found.value if found else None) == kind


def test_the_web_process_and_its_pages_load_no_parser() -> None:
    """The console accepts every format and reads none."""
    program = (
        "import sys, django; django.setup(); import config.wsgi, config.urls\n"
        "from django.urls import get_resolver; get_resolver().url_patterns\n"
        "print([m for m in ('pypdf', 'docx', 'trafilatura', 'httpcore', 'protego') "
        "if m in sys.modules])"
    )
    finished = subprocess.run(
        [sys.executable, "-c", program],
        cwd=Path(settings.BASE_DIR),
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings", "STATIC_COLLECTED": "0"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert finished.stdout.strip() == "[]"
