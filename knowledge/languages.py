"""Which of PostgreSQL's text search configurations reads an article's language."""

CONFIGURATIONS = {
    "ar": "arabic",
    "ca": "catalan",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "es": "spanish",
    "eu": "basque",
    "fi": "finnish",
    "fr": "french",
    "ga": "irish",
    "hi": "hindi",
    "hu": "hungarian",
    "hy": "armenian",
    "id": "indonesian",
    "it": "italian",
    "lt": "lithuanian",
    "nb": "norwegian",
    "ne": "nepali",
    "nl": "dutch",
    "nn": "norwegian",
    "no": "norwegian",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sr": "serbian",
    "sv": "swedish",
    "ta": "tamil",
    "tr": "turkish",
    "yi": "yiddish",
}


def base_language(language: str) -> str:
    """`pt` for `pt-BR`."""
    return language.partition("-")[0].lower()


def text_configuration(language: str) -> str:
    """The configuration for a code such as `en` or `pt-BR`; `simple` for one without a stemmer."""
    return CONFIGURATIONS.get(base_language(language), "simple")
