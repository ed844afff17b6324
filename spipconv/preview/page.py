"""The page with the comment form: complete without JavaScript, and where the widget starts from with it."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from spipconv.comments import Published
from spipconv.safety import escape_attribute, escape_text

_WORDS = {
    "fr": {
        "title": "Prévisualiser un message",
        "name": "Qui êtes-vous\u00a0?",
        "text": "Votre message",
        "help": "Ce formulaire accepte les raccourcis SPIP [->url] {{gras}} {italique} <quote> <code> et le code HTML "
        "<q> <del> <ins>. Pour créer des paragraphes, laissez simplement des lignes vides.",
        "button": "Prévisualiser",
        "preview": "Aperçu",
        "empty": "Il n’y a rien à montrer\u00a0: le message est vide.",
        "remarks": "Ce qui sera publié autrement que vous ne l’avez écrit\u00a0:",
        "place": "Ligne {}, colonne {}\u00a0: {}",
    },
    "en": {
        "title": "Preview a message",
        "name": "Who are you?",
        "text": "Your message",
        "help": "This form accepts SPIP shortcuts [->url] {{bold}} {italics} <quote> <code> and HTML code <q> <del> "
        "<ins>. To create paragraphs, simply leave blank lines.",
        "button": "Preview",
        "preview": "Preview",
        "empty": "There is nothing to show: the message is empty.",
        "remarks": "What will be published otherwise than you wrote it:",
        "place": "Line {}, column {}: {}",
    },
}


def write_page(
    root: str,
    lang: str,
    fields: Mapping[str, str],
    published: Published | None = None,
    *,
    error: str = "",
) -> str:
    """Return the whole page.

    ``root`` is the prefix under which the application is mounted, ``lang`` SPIP's code of the page's language,
    ``fields`` what stands in the form already, ``published`` the preview, if there is one.
    """
    words = _WORDS["fr" if lang.startswith("fr") else "en"]
    said = {key: escape_text(word) for key, word in words.items()}
    root = escape_attribute(quote(root, safe="/~@:!$&'()*+,;="))
    tag = escape_attribute(lang.replace("_", "-"))
    page_tag = "fr" if lang.startswith("fr") else "en"
    alert = f'<p class="spip-error" role="alert">{_show(error)}</p>\n' if error else ""
    result = _write_result(published, lang, words) if published else ""
    return f"""<!DOCTYPE html>
<html lang="{page_tag}">
<head>
<meta charset="utf-8">
<title>{said["title"]}</title>
<meta name="viewport" content="width=device-width">
<link rel="stylesheet" href="{root}/static/spip-preview.css">
<script type="module" src="{root}/static/spip-preview.js"></script>
</head>
<body class="spip-page">
<main>
<h1>{said["title"]}</h1>
{alert}<spip-preview endpoint="{root}/preview" lang="{tag}">
<form method="post" action="{root}/preview" enctype="multipart/form-data" accept-charset="utf-8">
<input type="hidden" name="lang" value="{tag}">
<p><label for="spip-name">{said["name"]}</label>
<input id="spip-name" name="name" autocomplete="name" value="{_show(fields.get("name", ""))}"></p>
<p><label for="spip-text">{said["text"]}</label>
<textarea id="spip-text" name="text" rows="12" cols="60" required aria-describedby="spip-help">
{_show(fields.get("text", ""))}</textarea></p>
<p id="spip-help">{said["help"]}</p>
<p><button type="submit" name="page" value="1">{said["button"]}</button></p>
</form>
{result}</spip-preview>
</main>
</body>
</html>
"""


def _write_result(published: Published, lang: str, words: Mapping[str, str]) -> str:
    tag = escape_attribute(lang.replace("_", "-"))
    label = escape_attribute(words["preview"])
    shown = published.html.strip() or f"<p>{escape_text(words['empty'])}</p>"
    written = f'<section class="spip-result" lang="{tag}" aria-label="{label}">\n{shown}\n</section>\n'
    if published.diagnostics:
        remarks = [words["place"].format(one.line, one.column, one.say(lang)) for one in published.diagnostics]
        items = "\n".join(f"<li>{_show(remark)}</li>" for remark in remarks)
        written += f'<p>{escape_text(words["remarks"])}</p>\n<ul class="spip-remarks">\n{items}\n</ul>\n'
    return written


def write_error(message: str, lang: str) -> str:
    """Return a fragment that says what went wrong."""
    return f'<p class="spip-error" role="alert" lang="{lang}">{_show(message)}</p>\n'


def _show(text: str) -> str:
    """Return a stranger's words for HTML, where NUL and lone surrogates may not stand."""
    return escape_attribute(text.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8"))
