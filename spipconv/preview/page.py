"""The page with the comment form: it works without JavaScript, and the widget builds on it."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from spipconv.comments import PublishedComment
from spipconv.diagnostics import Diagnostic
from spipconv.safety import escape_attribute, escape_text
from spipconv.translations import find_catalogue, mark, translate

# What the page says: its title, the labels of the fields, what they take, the button.
_SENTENCES = (
    mark("Preview a message"),
    mark("Your name"),
    mark("Your message"),
    mark(
        "Allowed: the SPIP shortcuts [text->address], {{bold}}, {italics}, <quote> and <code>, "
        "and the HTML tags <q>, <del> and <ins>. A blank line starts a new paragraph."
    ),
    mark("Show preview"),
)


def write_page(
    root: str,
    lang: str,
    fields: Mapping[str, str],
    published: PublishedComment | None = None,
    *,
    error: str = "",
) -> str:
    """Return the whole page.

    ``root`` is the prefix under which the application is mounted, ``lang`` SPIP's code of the page's language,
    ``fields`` the content of the form's fields, ``published`` the preview, if there is one, ``error`` a sentence.
    """
    title, name, message, help, button = (escape_text(translate(sentence, lang)) for sentence in _SENTENCES)
    root = escape_attribute(quote(root, safe="/~@:!$&'()*+,;="))
    tag = escape_attribute(lang.replace("_", "-"))
    alert = f'<p class="spip-error" role="alert">{_escape(error)}</p>\n' if error else ""
    result = _write_result(published, lang) if published else ""
    return f"""<!DOCTYPE html>
<html lang="{find_catalogue(lang)}">
<head>
<meta charset="utf-8">
<title>{title}</title>
<meta name="viewport" content="width=device-width">
<link rel="stylesheet" href="{root}/static/spip-preview.css">
<script type="module" src="{root}/static/spip-preview.js"></script>
</head>
<body class="spip-page">
<main>
<h1>{title}</h1>
{alert}<spip-preview endpoint="{root}/preview" lang="{tag}">
<form method="post" action="{root}/preview" enctype="multipart/form-data" accept-charset="utf-8">
<input type="hidden" name="lang" value="{tag}">
<p><label for="spip-name">{name}</label>
<input id="spip-name" name="name" autocomplete="name" value="{_escape(fields.get("name", ""))}"></p>
<p><label for="spip-text">{message}</label>
<textarea id="spip-text" name="text" rows="12" cols="60" required aria-describedby="spip-help">
{_escape(fields.get("text", ""))}</textarea></p>
<p id="spip-help">{help}</p>
<p><button type="submit" name="page" value="1">{button}</button></p>
</form>
{result}</spip-preview>
</main>
</body>
</html>
"""


def _write_result(published: PublishedComment, lang: str) -> str:
    tag = escape_attribute(lang.replace("_", "-"))
    label = escape_attribute(translate("Preview", lang))
    empty = escape_text(translate("Nothing to preview: the message is empty.", lang))
    html = published.html.strip() or f"<p>{empty}</p>"
    result = f'<section class="spip-result" lang="{tag}" aria-label="{label}">\n{html}\n</section>\n'
    if published.diagnostics:
        items = "\n".join(f"<li>{_escape(_locate(diagnostic, lang))}</li>" for diagnostic in published.diagnostics)
        heading = escape_text(translate("What will differ from what you typed:", lang))
        result += f'<p>{heading}</p>\n<ul class="spip-remarks">\n{items}\n</ul>\n'
    return result


def _locate(diagnostic: Diagnostic, lang: str) -> str:
    return translate(
        "Line {line}, column {column}: {sentence}",
        lang,
        line=diagnostic.line,
        column=diagnostic.column,
        sentence=diagnostic.say(lang),
    )


def write_error(message: str, lang: str) -> str:
    """Return an HTML fragment that says what went wrong."""
    return f'<p class="spip-error" role="alert" lang="{find_catalogue(lang)}">{_escape(message)}</p>\n'


def _escape(text: str) -> str:
    """Return a stranger's words for HTML, where NUL and lone surrogates may not occur."""
    return escape_attribute(text.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8"))
