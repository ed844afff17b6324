"""Facts about languages: the codes that SPIP knows, and the few words that SPIP adds to texts in each of them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Final

# SPIP's list of languages: the codes that are allowed in {xx} in a link.
CODES: Final = frozenset(
    """aa ab af am an ar as ast ay az ba be ber bg bh bi bm bn bo br bs ca co cpf cpf_dom cpf_hat cs cy da de dz el
    en eo es es_co es_mx et eu fa ff fi fj fo fon fr fr_fem fr_sc fr_tu fy ga gd gl gn gu ha hac he hi hr hu hy ia
    id ie ik is it it_fem iu ja jv ka kk kl km kn ko ks ku ky la lb ln lo lt lu lv man mfv mg mi mk ml mn mo mos mr
    ms mt my na nap ne nqo nl no nb nn oc oc_auv oc_gsc oc_lms oc_lnc oc_ni oc_ni_la oc_ni_mis oc_prv oc_va om or
    pa pbb pl ps pt pt_br qu rm rn ro roa ru rw sa sc scn sd sg sh sh_latn sh_cyrl si sk sl sm sn so sq sr src sro
    ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz vi vo wa wo xh yi yo za zh zh_tw zu""".split()
)

# One of these codes with an optional script or region, in any case: fr, fr-CA, pt_BR.
LANGUAGE: Final = f"({'|'.join(sorted(code for code in CODES if '_' not in code))})([_-][A-Za-z0-9]{{1,8}}){{0,4}}"

# Not in the catalogues of spipconv.translations: these words are part of a text's HTML, in the language of the text
# and not of its editors, and in more languages than those have.
# A language without a word of its own has that of the language it is a variant of, or else the English one.
_NOTES: Final = {
    "ar": "حواشي", "ast": "Notes", "bg": "Бележки", "br": "Notennoù", "bs": "Bilješke", "ca": "Notes", "co": "Note",
    "cpf": "Not", "cpf_hat": "Nòt", "cs": "Poznámky", "da": "Noter", "de": "Anmerkungen", "el": "Σημειώσεις",
    "en": "Footnotes", "eo": "Notoj", "es": "Notas", "et": "Märkused", "eu": "Oharrak", "fa": "يادداشت",
    "fi": "Huomautukset", "fr": "Notes", "gl": "Notas", "he": "הערות", "hr": "Bilješke", "hu": "Megjegyzések",
    "id": "Catatan", "is": "Athugasemdir", "it": "Note", "ja": "脚注", "km": "កំណត់ចំណាំ", "ko": "각주", "lb": "Notizen",
    "lt": "Pastabos", "mg": "Fanamarihana", "nl": "Voetnoot", "no": "Noter", "oc": "Nòtas", "pl": "Notatki",
    "pt": "Notas", "pt_br": "Observações", "ro": "Note", "ru": "Примечания", "sk": "Poznámky", "sl": "Opombe",
    "sq": "Shënime", "sr": "Напомене", "sv": "Fotnoter", "tr": "Notlar", "uk": "Примітки", "vi": "Chú thích",
    "zh": "注释", "zh_tw": "註釋",
}  # fmt: skip
_AUTHORS: Final = {
    "ar": "مؤلف", "bg": "Автор", "br": "Oberour", "ca": "Autor", "cs": "Autor", "da": "Forfatter", "de": "Autor",
    "el": "Συντάκτης", "en": "Author", "eo": "Aŭtoro", "es": "Autor", "eu": "Egilea", "fa": "نويسنده", "fr": "Auteur",
    "gl": "Autor", "hu": "Szerző", "it": "Autore", "ja": "著者", "nl": "Auteur", "oc": "Autor", "pl": "Autor",
    "pt": "Autor", "ro": "Autor", "ru": "Автор", "sk": "Autor", "sv": "Författare", "tr": "Yazar", "uk": "Автор",
    "vi": "Tác giả", "zh": "作者",
}  # fmt: skip
_SEE_ONLINE: Final = {
    "de": "Siehe online:", "en": "View online:", "es": "Ver en línea:", "fr": "Voir en ligne :", "it": "Vedi online:",
    "nl": "Zie online:", "pt": "Ver online:",
}  # fmt: skip
_GLOSSARY: Final = {
    "ar": "مسرد", "ast": "Glosariu", "ca": "Glossari", "cs": "Slovníček pojmů", "da": "Ordliste", "de": "Glossar",
    "el": "Γλωσσάριο", "en": "Glossary", "eo": "Glosaro", "es": "Glosario", "eu": "Glosarioa", "fi": "Sanasto",
    "fr": "Glossaire", "gl": "Glosario", "it": "Glossario", "nl": "Woordenlijst", "no": "Ordliste", "oc": "Glossari",
    "pl": "Słowniczek", "pt": "Glossário", "ro": "Glosar", "ru": "Глоссарий", "sv": "Ordlista", "tr": "Sözlükçe",
    "uk": "Глосарій",
}  # fmt: skip
_BACK: Final = {
    "ar": "العودة إلى النص", "ca": "Torna al text", "de": "Zurück zum Text", "en": "Back to the text",
    "es": "Volver al texto", "fr": "Retour au texte", "it": "Torna al testo", "nl": "Terug naar de tekst",
    "pt": "Voltar ao texto",
}  # fmt: skip
# What SPIP counts the size of a file in: bytes, then 1024 times as much with each unit.
_SIZE_UNITS: Final = {"fr": ("octets", "kio", "Mio", "Gio"), "en": ("bytes", "KiB", "MiB", "GiB")}
_RIGHT_TO_LEFT: Final = frozenset("ar fa he ps sd ug ur yi".split())


@lru_cache(1000)
def find_language(given: str) -> str | None:
    """Return SPIP's code for a language given by a code of SPIP or of BCP 47, in any case.

    ``pt-BR`` is ``pt_br``, ``FR`` and ``fr-CA`` are ``fr``. None if SPIP does not know the language.
    """
    # Most languages are given by a code of SPIP's, and compiling the expression takes 1 ms.
    if given in CODES:
        return given
    if not re.fullmatch(LANGUAGE, given, re.ASCII | re.IGNORECASE):
        return None
    code = given.replace("-", "_").lower()
    while code not in CODES:
        code = code.rpartition("_")[0]
    return code


def language_tag(code: str) -> str:
    """Return a SPIP language code as the web writes it: ``pt_br`` gives ``pt-br``."""
    return code.replace("_", "-")


def direction(language: str) -> str:
    """Return the direction of a language's script, by its code: ``ltr`` or ``rtl``."""
    return "rtl" if language.partition("_")[0] in _RIGHT_TO_LEFT else "ltr"


def choose_language(available: Collection[str], wanted: str) -> tuple[str, bool]:
    """Return which part of a ``<multi>`` SPIP shows where a language is wanted, and whether the part is meant for it.

    ``available`` are the languages of the parts in their order, at least one; "" is the text before the first mark,
    which is for every language without a part. Without it, French or else the first part stands for the others.
    """
    for code in (wanted, wanted.partition("_")[0], ""):
        if code in available:
            return code, True
    return "fr" if "fr" in available else next(iter(available)), False


def notes_title(language: str) -> str:
    """Return the heading of a text's notes: ``Notes``, ``Footnotes``."""
    return _find_word(_NOTES, language)


def author_title(language: str) -> str:
    """Return the word shown for an author who has no name."""
    return _find_word(_AUTHORS, language)


def size_units(language: str) -> tuple[str, ...]:
    """Return the units of a file's size, smallest first."""
    return _SIZE_UNITS.get(language.partition("_")[0], _SIZE_UNITS["en"])


def idiom(key: str, language: str) -> str | None:
    """Return the text of ``<:key:>``, or None if the key is the site's own."""
    return notes_title(language) if key == "info_notes" else None


def see_online(language: str) -> str:
    """Return the words before an article's link to another site."""
    return _find_word(_SEE_ONLINE, language)


def glossary_title(language: str) -> str:
    """Return the heading of the definitions of a text's terms."""
    return _find_word(_GLOSSARY, language)


def back_label(language: str) -> str:
    """Return what a link from below a text back into it says to those who do not see its arrow."""
    return _find_word(_BACK, language)


def _find_word(words: Mapping[str, str], language: str) -> str:
    return words.get(language) or words.get(language.partition("_")[0]) or words["en"]
