"""What a file becomes, and why some become nothing."""

from datetime import date

import pytest

from knowledge.documents import BrokenDocumentError, Defaults, Document, address, read_documents


def read(text: str, path: str = "billing/change-plan.md") -> Document:
    return read_bytes(path, text.encode())


def read_bytes(path: str, content: bytes) -> Document:
    (document,) = read_documents(path, content, Defaults()).documents
    return document


def test_front_matter_fills_the_fields() -> None:
    document = read(
        "---\ntitle: Change your plan\nsummary: Up or down.\ntopic: Billing\naudience: internal\n"
        "language: de\nupdated: 2026-08-19\nproduct: Desktop\nvalid_until: 2027-01-31\n"
        "keywords: [upgrade, 'down grade', 2]\n---\nText.\n"
    )

    assert document.slug == "billing/change-plan"
    assert document.title == "Change your plan"
    assert document.summary == "Up or down."
    assert document.topic == "Billing"
    assert document.audience == "internal"
    assert document.language == "de"
    assert document.checked_on == date(2026, 8, 19)
    assert document.product == "Desktop"
    assert document.valid_until == date(2027, 1, 31)
    assert document.keywords == "upgrade, down grade, 2"
    assert document.state == "published"
    assert document.body == "Text."


def test_without_front_matter_the_first_heading_is_the_title() -> None:
    document = read("# Change *your* plan\n\nText.\n\n# More\n")

    assert document.title == "Change your plan"
    assert document.body == "Text.\n\n# More"
    assert document.topic == "Billing"


def test_without_a_heading_the_file_name_is_the_title() -> None:
    assert read("Text.").title == "Change plan"


def test_a_heading_that_repeats_the_title_is_said_once() -> None:
    assert read("---\ntitle: Plan\n---\n# Plan\n\nText.").body == "Text."
    assert read("---\ntitle: Plan\n---\n# Other\n\nText.").body == "# Other\n\nText."


@pytest.mark.parametrize("text", ["---\n\nText\n\n---\n\nMore", "---\nText only\n---\nMore"])
def test_rules_are_no_front_matter(text: str) -> None:
    assert "Text" in read(text).body
    assert "More" in read(text).body


def test_hugo_shortcodes_become_links_or_nothing() -> None:
    document = read(
        'See [it]({{< relref "cronjob.md" >}}).\n\n{{< hint type="note" >}}\nNote.\n{{</ hint >}}\n'
    )

    assert document.body == "See [it](cronjob.md).\n\nNote."


@pytest.mark.parametrize(
    ("path", "slug"),
    [
        ("Change Plan.md", "change-plan"),
        ("v1/user/_index.md", "v1/user"),
        ("_index.md", "index"),
        ("index.md", "index"),
        ("guides/index.MD", "guides"),
        ("Über uns/Größe & Maß.markdown", "über-uns/größe-maß"),
        ("v1.2/notes.md", "v1.2/notes"),
    ],
)
def test_the_address_is_the_path(path: str, slug: str) -> None:
    assert address(path) == slug


@pytest.mark.parametrize("path", ["../secret.md", "a//b.md", "?.md", f"{'x' * 201}.md"])
def test_a_path_without_an_address_is_refused(path: str) -> None:
    with pytest.raises(BrokenDocumentError):
        address(path)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b" \n\n", "empty"),
        (b"Line\nCaf\xe9", "not UTF-8: see line 2"),
        (b"Te\x00xt", "NUL"),
        (b"x" * (1024 * 1024 + 1), "larger than 1 MB"),
        (b"---\ntitle: [open\n---\nText", "YAML: line"),
        (b"---\ntitle: " + b"[" * 15_000 + b"\n---\nText", "YAML"),
        (b"---\ntitle: {a: b}\n---\nText", "title in its front matter is no text"),
        (b"---\nkeywords: [{a: b}]\n---\nText", "keywords"),
        (b"---\naudience: friends\n---\nText", "must be one of public, internal, not friends"),
        (b"---\nlanguage: Klingon!\n---\nText", "no code such as en"),
        (b"---\nvalid_until: soon\n---\nText", "no date such as 2027-01-31"),
        (b"---\na: &a [x]\ntitle: [*a, *a]\n---\nText", "title"),
        (b"---\ntitle: Only a title\n---\n", "no text"),
        (b"# Only a heading\n", "no text"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_a_broken_file_says_why(content: bytes, reason: str) -> None:
    with pytest.raises(BrokenDocumentError) as caught:
        read_bytes("a.md", content)

    assert reason in str(caught.value)


def test_norwegian_is_no_boolean() -> None:
    assert read("---\nlanguage: no\n---\nTekst").language == "no"


def test_a_byte_order_mark_and_windows_lines_are_fine() -> None:
    document = read_bytes("a.md", "\ufeff---\r\ntitle: T\r\n---\r\nText\r\n".encode())

    assert (document.title, document.body) == ("T", "Text")
