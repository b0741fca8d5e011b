import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from tickets.attachments import NAME_MAX, check_file, safe_name


@pytest.mark.parametrize(
    ("name", "content", "content_type"),
    [
        ("a.PNG", b"\x89PNG\r\n\x1a\n...", "image/png"),
        ("a.jpeg", b"\xff\xd8\xff\xe0...", "image/jpeg"),
        ("a.gif", b"GIF89a...", "image/gif"),
        ("a.webp", b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        ("a.pdf", b"%PDF-1.7\n", "application/pdf"),
        ("a.log", b"2026-11-21 \x1b[31mERROR\x1b[0m\r\n", "text/plain"),
        ("a.csv", "Größe;Preis\n1;2 €\n".encode(), "text/csv"),
        ("a.csv", "Größe;Preis\n".encode("latin-1"), "text/csv"),
        ("a.txt", "Größe".encode("utf-16"), "text/plain"),
    ],
)
def test_what_is_taken(name: str, content: bytes, content_type: str) -> None:
    file = check_file(name, content, size=len(content))
    assert (file.name, file.content_type, file.content) == (name, content_type, content)


@pytest.mark.parametrize("name", ["a.svg", "a.html", "a.zip", "a.txt.exe", "png", ".png", "a"])
def test_what_is_not_taken(name: str) -> None:
    with pytest.raises(ValidationError, match="do not accept"):
        check_file(name, b"x", size=1)


def test_a_file_that_was_cut_off_is_too_large() -> None:
    with pytest.raises(ValidationError, match="larger than 5"):
        check_file("a.txt", b"x", size=5 * 1024 * 1024 + 1)


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\Users\\alice\\a.txt", "a.txt"),
        ("harmless\u202etxt.exe", "harmlesstxt.exe"),
        ("a\r\nSet-Cookie: b.txt", "aSet-Cookie b.txt"),
        ("\x00", "file"),
        ("x" * 300 + ".txt", "x" * (NAME_MAX - 4) + ".txt"),
    ],
)
def test_names_are_made_safe(name: str, safe: str) -> None:
    assert safe_name(name).replace(":", "") == safe


@given(st.text(max_size=400))
def test_no_name_hides_anything(name: str) -> None:
    safe = safe_name(name)
    assert 0 < len(safe) <= NAME_MAX
    assert "/" not in safe
    assert "\\" not in safe
    assert all(character.isprintable() for character in safe)
