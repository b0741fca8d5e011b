import pytest

from agent.language import detect_language, list_served_languages
from knowledge.models import Article


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("How do I export a board to Excel?", "en"),
        ("Guten Tag, wie kann ich ein Board exportieren?", "de"),
        ("Hola, no puedo entrar en mi cuenta, ¿qué hago?", "es"),
        ("Bonjour, comment exporter un tableau ?", "fr"),
        ("ボードをエクスポートするには", "ja"),
        ("如何导出", "zh"),
        ("كيف أصدر لوحة", "ar"),
        ("it doesnt work", "en"),
        ("invoice.pdf anna@example.de", "en"),
    ],
)
def test_languages(text: str, language: str) -> None:
    assert detect_language(text) == language


def test_what_is_too_short_is_in_the_conversations_language() -> None:
    assert detect_language("ok", default="de") == "de"
    assert detect_language("", default="") == "en"


@pytest.mark.django_db
def test_only_public_articles_make_a_language_served() -> None:
    Article.objects.create(slug="a", title="A", body="x", language="en-GB")
    Article.objects.create(slug="b", title="B", body="x", language="de", audience="internal")
    Article.objects.create(slug="c", title="C", body="x", language="fr", state="draft")
    assert list_served_languages() == {"en"}
