"""The page with the comment form: it works without JavaScript, and the widget builds on it."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

from spipconv.comments import PublishedComment
from spipconv.diagnostics import Diagnostic
from spipconv.languages import direction, language_tag
from spipconv.preview.forms import PAGE, PageForm
from spipconv.safety import escape_attribute
from spipconv.translations import find_catalogue, mark, translate
from spipconv.web.reading import MULTIPART

# What the page says, by a short name.
_SENTENCES = {
    "form": mark("Preview a message"),
    "result": mark("Preview of your message"),
    "error": mark("Error"),
    "label": mark("Preview"),
    "empty": mark("Nothing to preview: the message is empty."),
    "remarks": mark("What will differ from what you typed:"),
    "name": mark("Your name"),
    "message": mark("Your message"),
    "help": mark(
        "Allowed: the SPIP shortcuts [text->address], {{bold}}, {italics}, <quote> and <code>, "
        "and the HTML tags <q>, <del> and <ins>. A blank line starts a new paragraph."
    ),
    "preview": mark("Show preview"),
    "send": mark("Send"),
    "kept": mark("Your message is still in its form: go back to it with your browser."),
    "back": mark("To send your message, go back to its form with your browser."),
}


def write_page(
    root: str,
    lang: str,
    form: PageForm | None = None,
    published: PublishedComment | None = None,
    *,
    error: str = "",
) -> str:
    """Return the whole page.

    ``root`` is the prefix under which the application is mounted, ``lang`` SPIP's code of the page's language.
    ``form`` is the form to show again, None for one that could not be read; ``published`` is the preview, if there is
    one, ``error`` a sentence.
    """
    heading = _say("result" if published else "form", lang)
    title = f"{_say('error', lang)} – {heading}" if error else heading
    root = escape_attribute(quote(root, safe="/~@:!$&'()*+,;="))
    tag = _tag(lang)
    # Who asked for it by a button of the form goes on reading there.
    focus = ' tabindex="-1" autofocus'
    alert = f'<p class="spip-error" role="alert"{focus}>{_escape(error)}</p>\n' if error else ""
    result = _write_result(published, lang) if published else ""
    if form is None:
        back = _say("kept", lang)
        body = f"<p>{back}</p>\n"
    else:
        body = f"""<spip-preview endpoint="{root}/preview" lang="{tag}">
{result}{_write_form(root, lang, form)}</spip-preview>
"""
    return f"""<!DOCTYPE html>
<html lang="{find_catalogue(lang)}" dir="{direction(find_catalogue(lang))}">
<head>
<meta charset="utf-8">
<title>{title}</title>
<meta name="viewport" content="width=device-width">
<link rel="stylesheet" href="{root}/static/spip-preview.css">
<script type="module" src="{root}/static/spip-preview.js"></script>
</head>
<body class="spip-page">
<main>
<h1{focus if published else ""}>{heading}</h1>
{alert}{body}</main>
</body>
</html>
"""


def _write_form(root: str, lang: str, form: PageForm) -> str:
    enctype = MULTIPART if form.files else form.enctype
    fields = "\n".join(_write_fields(form, lang))
    text_lang = f'lang="{_tag(lang)}" dir="{direction(lang)}"'
    return f"""<form method="post" action="{_escape(form.action) or f"{root}/preview"}" enctype="{enctype}" \
accept-charset="utf-8">
{fields}
<p><label for="spip-text">{_say("message", lang)}</label>
<textarea id="spip-text" name="text" rows="12" cols="60" {text_lang} required aria-describedby="spip-help">
{_escape(form.text)}</textarea></p>
<p id="spip-help">{_say("help", lang)}</p>
{_write_buttons(root, lang, form)}</form>
"""


def _write_fields(form: PageForm, lang: str) -> Iterator[str]:
    """Yield the fields beside the text: the name to be seen, files to be chosen again, the others as they came."""
    names = {name for name, _ in form.fields}
    if not form.is_host and "lang" not in names:
        yield _write_hidden("lang", _tag(lang))
    if "name" in names or not form.is_host:
        given = next((value for name, value in form.fields if name == "name"), "")
        yield (
            f'<p><label for="spip-name">{_say("name", lang)}</label>\n'
            f'<input id="spip-name" name="name" autocomplete="name" dir="auto" value="{_escape(given)}"></p>'
        )
    is_named = False
    for name, value in form.fields:
        if name == "name" and not is_named:
            is_named = True
        else:
            yield _write_hidden(name, value)
    for name in dict.fromkeys(form.files):
        again = translate("Choose the file “{name}” again: files do not come along.", lang, name=name)
        several = " multiple" if form.files.count(name) > 1 else ""
        yield f'<p><label>{_escape(again)} <input type="file" name="{_escape(name)}"{several}></label></p>'


def _write_hidden(name: str, value: str) -> str:
    return f'<input type="hidden" name="{_escape(name)}" value="{_escape(value)}">'


def _write_buttons(root: str, lang: str, form: PageForm) -> str:
    words = _say("preview", lang)
    if form.action:
        send = _say("send", lang)
        again = f'<button type="submit" name="{PAGE}" value="{_escape(form.action)}" formaction="{root}/preview">'
        return f'<p><button type="submit">{send}</button>\n{again}{words}</button></p>\n'
    back = _say("back", lang)
    note = f"<p>{back}</p>\n" if form.is_host else ""
    value = "1" if form.is_host else ""
    return f'{note}<p><button type="submit" name="{PAGE}" value="{value}">{words}</button></p>\n'


def _write_result(published: PublishedComment, lang: str) -> str:
    label = _say("label", lang)
    empty = _say("empty", lang)
    html = published.html.strip() or f"<p>{empty}</p>"
    result = (
        f'<section class="spip-result" lang="{_tag(lang)}" dir="{direction(lang)}" aria-label="{label}">\n'
        f"{html}\n</section>\n"
    )
    if published.differences:
        items = "\n".join(f"<li>{_escape(_locate(diagnostic, lang))}</li>" for diagnostic in published.differences)
        heading = _say("remarks", lang)
        result += f'<p>{heading}</p>\n<ul class="spip-remarks">\n{items}\n</ul>\n'
    return f'<div class="spip-outcome">\n{result}</div>\n'


def _say(sentence: str, lang: str) -> str:
    """Return one of the page's own sentences for HTML, for an attribute too."""
    return escape_attribute(translate(_SENTENCES[sentence], lang))


def _tag(lang: str) -> str:
    return escape_attribute(language_tag(lang))


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
