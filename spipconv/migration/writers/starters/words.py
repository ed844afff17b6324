"""What a theme must know about the language of its pages: its words, and the language's own name."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Final

import yaml

# Not in the catalogues of spipconv.translations: the words are those of a page's language, and not of its editors, and
# there are more languages than those have.
_FOLDER: Final = "words"
_NAMES: Final = {
    "af": "Afrikaans", "am": "አማርኛ", "ar": "العربية", "ast": "asturianu", "az": "azərbaycanca", "be": "беларуская",
    "bg": "български", "bm": "bamanankan", "bn": "বাংলা", "br": "brezhoneg", "bs": "bosanski", "ca": "català",
    "co": "corsu", "cs": "čeština", "cy": "Cymraeg", "da": "dansk", "de": "Deutsch", "el": "ελληνικά", "en": "English",
    "eo": "Esperanto", "es": "español", "et": "eesti", "eu": "euskara", "fa": "فارسی", "ff": "Pulaar", "fi": "suomi",
    "fr": "français", "fy": "Frysk", "ga": "Gaeilge", "gd": "Gàidhlig", "gl": "galego", "ha": "Hausa", "he": "עברית",
    "hi": "हिन्दी", "hr": "hrvatski", "hu": "magyar", "hy": "հայերեն", "id": "Indonesia", "is": "íslenska",
    "it": "italiano", "ja": "日本語", "ka": "ქართული", "kk": "қазақ тілі", "km": "ខ្មែរ", "ko": "한국어",
    "ku": "Kurdî", "la": "Latina", "lb": "Lëtzebuergesch", "ln": "lingála", "lo": "ລາວ", "lt": "lietuvių",
    "lv": "latviešu", "mg": "Malagasy", "mk": "македонски", "mn": "монгол", "ms": "Melayu", "mt": "Malti",
    "nb": "norsk bokmål", "ne": "नेपाली", "nl": "Nederlands", "nn": "nynorsk", "no": "norsk", "oc": "occitan",
    "pl": "polski", "ps": "پښتو", "pt": "português", "pt_br": "português do Brasil", "qu": "Runasimi", "ro": "română",
    "ru": "русский", "rw": "Kinyarwanda", "sc": "sardu", "scn": "sicilianu", "sk": "slovenčina", "sl": "slovenščina",
    "so": "Soomaali", "sq": "shqip", "sr": "српски", "sv": "svenska", "sw": "Kiswahili", "ta": "தமிழ்", "th": "ไทย",
    "tr": "Türkçe", "uk": "українська", "ur": "اردو", "uz": "o‘zbek", "vi": "Tiếng Việt", "wa": "walon",
    "wo": "Wolof", "yi": "ייִדיש", "yo": "Yorùbá", "zh": "中文", "zh_tw": "繁體中文", "zu": "isiZulu",
}  # fmt: skip


def own_name(language: str) -> str:
    """Return the name of a language, by SPIP's code, in that language: ``français``; its code if it is not known."""
    return _NAMES.get(language) or _NAMES.get(language.partition("_")[0], language)


def theme_language(language: str) -> str:
    """Return the language of the theme's words on pages in a language: its own if there is a file, else ``en``."""
    for code in (language, language.partition("_")[0]):
        if (files(__package__) / _FOLDER / f"{code}.yaml").is_file():
            return code
    return "en"


@cache
def theme_words(language: str) -> dict[str, str]:
    """Return the theme's words for pages in a language."""
    words: dict[str, str] = yaml.safe_load(words_file(language))
    return words


def words_file(language: str) -> bytes:
    """Return the file with the theme's words for pages in a language: YAML, a word or a sentence a key."""
    return (files(__package__) / _FOLDER / f"{theme_language(language)}.yaml").read_bytes()


def words_as_json(language: str) -> bytes:
    """Return the same words as JSON."""
    return (json.dumps(theme_words(language), ensure_ascii=False, indent=2) + "\n").encode()
