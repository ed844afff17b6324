"""The preview server: what it answers, in which form, to whom, and what it refuses."""

from __future__ import annotations

import asyncio
import gzip
import io
import json
import logging
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback
from http.client import HTTPConnection
from typing import Any
from urllib.parse import quote, urlencode
from xml.etree.ElementTree import Element

import html5lib
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import spipconv
from spipconv import comments
from tests.asgi import Answer, as_json, as_multipart, as_urlencoded, ask, request
from tests.extensions.sample import SAMPLE
from tests.judges import FORBIDDEN, dangers
from tests.safety.test_safety import VECTORS

pytest.importorskip("starlette", reason='the preview is not installed: pip install ".[serve]"')
pytest.importorskip("python_multipart", reason='the preview is not installed: pip install ".[serve]"')

from starlette.requests import Request

from spipconv.preview import application, conversions, create_app
from spipconv.web import brake, negotiation, reading
from spipconv.web.clients import Clients
from spipconv.web.limits import Buckets
from spipconv.web.negotiation import choose_language, choose_type
from spipconv.web.proxies import UNKNOWN, TrustedProxies
from spipconv.web.refusals import Refusal

COMMENT = "{{Quoi}} ? Voir [le plan->https://example.org/][[Une note.]]\n\n{jamais refermé"
APP = create_app(rate=0)
HTML = {"Accept": "text/html"}
PAGE = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Sec-Fetch-Mode": "navigate"}
XHTML = "{http://www.w3.org/1999/xhtml}"
SENDERS = {"json": as_json, "urlencoded": as_urlencoded, "multipart": as_multipart}


def post(fields: dict[str, Any], sender: Any = as_json, app: Any = APP, **headers: str) -> Answer:
    """Post a comment; the headers' names have _ for -."""
    own, body = sender(fields)
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return check(request(app, "POST", "/preview", {**own, **given}, body))


def get(target: str, app: Any = APP, **headers: str) -> Answer:
    return check(request(app, "GET", target, {name.replace("_", "-"): value for name, value in headers.items()}))


def check(answer: Answer) -> Answer:
    """Return an answer that has what every answer has to have."""
    headers = answer.headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] in ("no-referrer", "same-origin", "strict-origin")
    assert headers["cache-control"] == ("no-cache" if "etag" in headers else "no-store")
    assert headers["content-security-policy"].startswith("default-src 'none'; ")
    assert "unsafe" not in headers["content-security-policy"]
    assert "set-cookie" not in headers
    assert "access-control-allow-credentials" not in headers
    return answer


def parse(html: str) -> Element:
    page: Element = html5lib.parse(html, namespaceHTMLElements=True)
    return page


def find(page: Element, path: str) -> Element:
    found = page.find(".//" + XHTML + path)
    assert found is not None, path
    return found


# ---- the preview


@pytest.mark.parametrize("sender", SENDERS)
@pytest.mark.parametrize("lang", ["fr", "en", "de"])
def test_the_preview_is_what_will_be_published(sender: str, lang: str) -> None:
    answer = post({"text": COMMENT, "lang": lang}, SENDERS[sender])
    published = spipconv.to_html(COMMENT, profile="comment", lang=lang)
    assert answer.status == 200
    assert answer.json["html"] == published
    assert 'class="notes"' in published
    fragment = post({"text": COMMENT, "lang": lang}, SENDERS[sender], Accept="text/html")
    assert fragment.headers["content-type"] == "text/html; charset=utf-8"
    assert fragment.text == published


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_diagnostics_have_a_code_a_place_and_a_sentence(lang: str) -> None:
    answer = post({"text": COMMENT, "lang": lang})
    parsed = spipconv.parse(COMMENT, profile="comment", lang=lang)
    assert answer.json["diagnostics"] == [
        {"code": one.code, "severity": one.severity, "line": one.line, "column": one.column, "message": one.say(lang)}
        for one in parsed.diagnostics
    ]
    assert [one["code"] for one in answer.json["diagnostics"]] == ["unclosed-emphasis"]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("<b>a</b> <em>b</em><br>c <!-- d -->", []),
        ("a <code>b", ["unclosed-tag"]),
        ("<cadre>b", ["unclosed-tag"]),
        ("<u>a</u>", ["tag-dropped"]),
        ("<ins>a\n\nb</ins>", ["tag-cut"]),
    ],
)
def test_remarks_are_about_what_differs_and_do_not_contradict_the_form(text: str, codes: list[str]) -> None:
    assert [remark["code"] for remark in post({"text": text}).json["diagnostics"]] == codes
    page = parse(post({"text": text, "page": ""}, as_urlencoded, **PAGE).text)
    assert len(list(page.iter(XHTML + "li"))) == len(codes)


def test_json_is_read_as_utf_8_with_or_without_a_byte_order_mark() -> None:
    for mark in (b"", b"\xef\xbb\xbf"):
        answer = request(APP, "POST", "/preview", {"Content-Type": JSON}, mark + '{"text": "été 😀"}'.encode())
        assert answer.json["html"] == "<p>été 😀</p>\n"


def test_long_texts_are_converted_as_short_ones() -> None:
    text = "{{gras}} et [lien->http://example.org/]\n\n" * 1000
    assert post({"text": text}).json["html"] == spipconv.to_html(text, profile="comment")


def test_nothing_is_looked_up() -> None:
    html = post({"text": "[->art12] <doc1> <img2|left>"}).json["html"]
    assert "<img" not in html
    assert html == spipconv.to_html("[->art12] <doc1> <img2|left>", profile="comment")


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("", "fr"),
        ("fr-CA", "fr"),
        ("FR", "fr"),
        ("pt-BR", "pt-br"),
        ("pt_br", "pt-br"),
        ("en-US", "en"),
        ("fr-FR", "fr"),
        ("PT-br", "pt-br"),
        ("zh-Hant", "zh"),
        ("zh-TW", "zh-tw"),
        ("EN_us", "en"),
        ("de-Latn-DE-1996", "de"),
    ],
)
def test_languages_are_named_as_in_html_or_in_spip(given: str, code: str) -> None:
    answer = post({"text": "x", "lang": given})
    assert answer.headers["content-language"] == code


@pytest.mark.parametrize(
    "lang", ["xx", "fr ", "fr-", "-fr", "français", "fr-é", "Fr\u212a", "k\u0131", "comment", "None"]
)
def test_unknown_languages_are_refused_and_named(lang: str) -> None:
    for sender in SENDERS.values():
        answer = post({"text": "x", "lang": lang}, sender)
        assert (answer.status, answer.json["error"]["code"]) == (422, "wrong-lang")
        assert lang in answer.json["error"]["message"]


def test_long_names_of_languages_are_not_looked_up_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    for module in (application, negotiation):
        monkeypatch.setattr(module, "find_language", asked.append)
    assert post({"text": "x", "lang": "fr-" + "a" * 60_000}).status == 422
    assert get("/?lang=fr-" + "a" * 20_000).status == 422
    assert asked
    assert max(map(len, asked)) <= 100


def test_a_site_has_a_language_of_its_own() -> None:
    assert post({"text": "x"}, app=create_app(lang="en")).headers["content-language"] == "en"


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (None, "application/json"),
        ("", "application/json"),
        ("*/*", "application/json"),
        ("text/html", "text/html"),
        ("TEXT/HTML; q=0.2", "text/html"),
        ("text/*", "text/html"),
        ("application/*;q=0.1, text/html;q=0.2", "text/html"),
        ("text/html;q=0.1, application/json;q=0.2", "application/json"),
        ("text/html, application/json", "application/json"),
        ("*/*, application/json;q=0", "text/html"),
        ("*/*;q=0.5, text/*;q=0.9, text/html;q=0.1", "application/json"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html"),
        ("text/html;q=x, application/json;q=0.1", "application/json"),
        ("text/html;level=1;q=0.7", "text/html"),
        ("image/png", None),
        ("text/html;q=0, application/json;q=0.000", None),
        (";,q=1,", None),
    ],
)
def test_accept_header_chooses_the_response_type(accept: str | None, chosen: str | None) -> None:
    assert choose_type(accept, ("application/json", "text/html")) == chosen
    answer = post({"text": "x"}, **({} if accept is None else {"Accept": accept}))
    assert answer.status == (200 if chosen else 406)
    assert answer.headers["content-type"].partition(";")[0] == (chosen or "application/json")


@pytest.mark.parametrize(
    ("header", "language"),
    [(None, "en"), ("fr", "fr"), ("fr-CA, en;q=0.5", "fr"), ("de, en;q=0.1, fr;q=0.2", "fr"), ("fr;q=0", "en")],
)
def test_accept_language_chooses_the_language_of_errors(header: str | None, language: str) -> None:
    assert choose_language(header, "en") == language


# ---- what is refused

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
WRONG: dict[str, tuple[str, str, dict[str, str], bytes, int, str]] = {
    "no JSON": ("POST", "/preview", {"Content-Type": JSON}, b"{{", 400, "bad-json"),
    "no body": ("POST", "/preview", {"Content-Type": JSON}, b"", 400, "bad-json"),
    "deep JSON": ("POST", "/preview", {"Content-Type": JSON}, b"[" * 60_000, 400, "bad-json"),
    "long number": ("POST", "/preview", {"Content-Type": JSON}, b"1" * 60_000, 400, "bad-json"),
    "no object": ("POST", "/preview", {"Content-Type": JSON}, b"[]", 422, "no-object"),
    "no text": ("POST", "/preview", {"Content-Type": JSON}, b"{}", 422, "no-text"),
    "null text": ("POST", "/preview", {"Content-Type": JSON}, b'{"text": null}', 422, "wrong-text"),
    "number": ("POST", "/preview", {"Content-Type": JSON}, b'{"text": 1}', 422, "wrong-text"),
    "lang": ("POST", "/preview", {"Content-Type": JSON}, b'{"text": "", "lang": "xx"}', 422, "wrong-lang"),
    "lang list": ("POST", "/preview", {"Content-Type": JSON}, b'{"text": "", "lang": []}', 422, "wrong-lang"),
    "lang end": ("POST", "/preview", {"Content-Type": JSON}, b'{"text": "", "lang": "fr\\n"}', 422, "wrong-lang"),
    "Latin-1 JSON": ("POST", "/preview", {"Content-Type": JSON}, b'{"text": "\xe9"}', 400, "bad-encoding"),
    "Latin-1 form": ("POST", "/preview", {"Content-Type": FORM}, b"text=%E9", 400, "bad-encoding"),
    "bytes in form": ("POST", "/preview", {"Content-Type": FORM}, b"text=\xe9", 400, "bad-encoding"),
    "form without text": ("POST", "/preview", {"Content-Type": FORM}, b"texte=x", 422, "no-text"),
    "many fields": ("POST", "/preview", {"Content-Type": FORM}, b"text=a&" * 101, 400, "bad-form"),
    "no boundary": ("POST", "/preview", {"Content-Type": "multipart/form-data"}, b"x", 400, "bad-form"),
    "no parts": ("POST", "/preview", {"Content-Type": "multipart/form-data; boundary=a"}, b"x", 400, "bad-form"),
    "charset": ("POST", "/preview", {"Content-Type": f"{JSON}; charset=latin-1"}, b"{}", 415, "unsupported-charset"),
    "no type": ("POST", "/preview", {}, b"x", 415, "unsupported-type"),
    "type": ("POST", "/preview", {"Content-Type": "text/plain"}, b"x", 415, "unsupported-type"),
    "long type": ("POST", "/preview", {"Content-Type": f'{JSON}; a="{";" * 60_000}"'}, b"{}", 415, "unsupported-type"),
    "long lang": (
        "POST",
        "/preview",
        {"Content-Type": JSON},
        b'{"text": "", "lang": "fr' + b"-a" * 9000 + b'"}',
        422,
        "wrong-lang",
    ),
    "too large": ("POST", "/preview", {"Content-Type": JSON}, b" " * 65_537, 413, "too-large"),
    "nowhere": ("GET", "/nowhere", {}, b"", 404, "not-found"),
    "no such file": ("GET", "/static/nothing.js", {}, b"", 404, "not-found"),
    "out of the folder": ("GET", "/static/../page.py", {}, b"", 404, "not-found"),
    "slash": ("POST", "/preview/", {}, b"", 404, "not-found"),
    "GET": ("GET", "/preview", {}, b"", 405, "method-not-allowed"),
    "PUT": ("PUT", "/preview", {}, b"", 405, "method-not-allowed"),
    "unknown method": ("BREW", "/", {}, b"", 405, "method-not-allowed"),
    "OPTIONS": ("OPTIONS", "/preview", {}, b"", 405, "method-not-allowed"),
    "lang of the page": ("GET", "/?lang=xx", {}, b"", 422, "wrong-lang"),
}


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.parametrize("language", ["fr", "en"])
def test_wrong_requests_get_a_clear_error_in_the_form_that_the_client_accepts(name: str, language: str) -> None:
    method, target, headers, body, status, code = WRONG[name]
    headers = {**headers, "Accept-Language": language}
    answer = check(request(APP, method, target, headers, body))
    assert answer.status == status
    assert answer.json["error"]["code"] == code
    message = answer.json["error"]["message"]
    assert re.search("[.!]$|: .+$", message)
    fragment = check(request(APP, method, target, {**headers, **HTML}, body))
    assert fragment.status == status
    assert fragment.text.startswith(f'<p class="spip-error" role="alert" lang="{language}">')
    assert "".join(parse(fragment.text).itertext()).strip() == message.strip()
    page = check(request(APP, method, target, {**headers, **PAGE}, body))
    assert page.status == status
    alert = find(parse(page.text), "p[@role='alert']")
    assert "".join(alert.itertext()) == message
    assert not any("Traceback" in one.text or "spipconv/" in one.text for one in (answer, fragment, page))
    if status == 405:
        assert answer.headers["allow"]


def test_errors_are_in_the_language_of_the_comment() -> None:
    french, english = (post({"text": 1, "lang": lang}).json["error"]["message"] for lang in ("fr", "en"))
    assert french == "«\u00a0text\u00a0» doit être une chaîne de caractères."
    assert english == "“text” must be a string."


def test_a_text_up_to_the_limit_is_accepted() -> None:
    body = json.dumps({"text": "a" * (65_536 - len('{"text": ""}'))}).encode()
    assert len(body) == 65_536
    assert request(APP, "POST", "/preview", {"Content-Type": JSON}, body).status == 200
    assert request(APP, "POST", "/preview", {"Content-Type": JSON}, body + b" ").status == 413


@pytest.mark.parametrize("length", [None, "10", "-1", "x", "9" * 5000])
def test_the_limit_holds_whatever_content_length_says(length: str | None) -> None:
    headers = {"Content-Type": JSON, **({"Content-Length": length} if length else {"Transfer-Encoding": "chunked"})}
    taken = 0

    def chunks() -> Any:
        nonlocal taken
        for _ in range(10_000):
            taken += 1
            yield b" " * 1000

    app = create_app()
    answer = check(request(app, "POST", "/preview", headers, chunks()))
    assert answer.status == 413
    assert "64" in answer.json["error"]["message"]
    assert taken < 100


FAULTS = [
    KeyError("the secret of the house"),
    RecursionError("secret"),
    MemoryError(),
    UnicodeEncodeError("x", "secret", 0, 1, "secret"),
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: type(fault).__name__)
@pytest.mark.parametrize("text", ["{{words of a visitor", "{{words of a visitor " * 200], ids=["short", "long"])
def test_an_internal_error_is_answered_and_logged_without_the_text(
    fault: Exception, text: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise fault

    with monkeypatch.context() as patched:
        patched.setattr(conversions, "publish", fail)
        answer = post({"text": text})
        assert len([one for one in caplog.records if one.levelno >= logging.WARNING]) == 1
        fragment = post({"text": text}, Accept="text/html")
        page = post({"text": text}, as_multipart, **PAGE)
    assert (answer.status, answer.json["error"]["code"]) == (500, "failure")
    assert (fragment.status, page.status) == (500, 500)
    assert fragment.text.startswith('<p class="spip-error" role="alert"')
    assert (find(parse(page.text), "textarea").text or "").strip() == text.strip()
    for shown in (answer, fragment, page):
        assert "secret" not in shown.text
        assert type(fault).__name__ not in shown.text
        assert "spipconv/" not in shown.text
    assert type(fault).__name__ in caplog.text
    assert "application.py" in caplog.text
    assert "secret" not in caplog.text
    assert "words" not in caplog.text
    assert post({"text": text}).status == 200


@pytest.mark.parametrize("broken", ["read_form", "read_body", "write_page", "choose_type", "read_language"])
@pytest.mark.parametrize("target", ["/preview", "/"])
def test_an_internal_error_anywhere_is_answered(broken: str, target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> Any:
        raise KeyError("secret")

    monkeypatch.setattr(application, broken, fail)
    headers, body = as_multipart({"text": "x", "page": "1"})
    method = "POST" if target == "/preview" else "GET"
    answer = check(request(APP, method, target, {**headers, **PAGE}, body))
    reached = target == "/preview" or broken in ("write_page", "read_language")
    assert answer.status == (500 if reached else 200)
    assert "secret" not in answer.text


def test_an_answer_that_is_cut_short_leaks_no_text_to_the_server() -> None:
    from spipconv.web.guard import Guard

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise KeyError("secret")

    with pytest.raises(RuntimeError) as raised:
        request(Guard(app, origins=frozenset(), answer=APP.router), "GET", "/")  # type: ignore[arg-type]
    assert "secret" not in "".join(traceback.format_exception(raised.value))


def test_a_client_that_invents_paths_writes_nothing_into_the_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(application, "read_language", lambda *_: 1 / 0)
    answer = get("/?text=secret%0Asecret")
    assert answer.status == 500
    assert "ZeroDivisionError" in caplog.text
    assert "secret" not in caplog.text


ODD = ["a\ud800b", "\udfff", "a\0b", "\ufffe\uffff", "a\fb\x1b\x85", "\u2028", "[[\ud800]]", "[\udc00->http://\ud800.fr]",
       "<code>\ud800\0</code>", "{{\ud800", "\ufdd0\ufdd1", "\ud83d\ude00"]  # fmt: skip


@pytest.mark.parametrize("text", ODD, ids=ascii)
@pytest.mark.parametrize("sender", SENDERS)
def test_odd_characters_get_an_answer_in_utf_8(text: str, sender: str) -> None:
    for fields in ({"text": text, "name": text}, {"text": text, "lang": text}, {"text": text, text: text}):
        for headers in ({}, HTML, PAGE):
            answer = post({**fields, **({"page": "1"} if headers == PAGE else {})}, SENDERS[sender], **headers)
            assert answer.status == (422 if "lang" in fields else 200)
            assert "\0" not in answer.text
            assert "\ud800" not in answer.text
            if not headers:
                json.loads(answer.body)
    assert get(f"/?lang={quote(text, errors='replace')}").status == 422


LARGE = {
    "notes": "[[x]]" * 13_000,
    "tables": "|\n" * 30_000,
    "lists": "-* a\n\n" * 10_000,
}


@pytest.mark.parametrize(
    ("sender", "lang", "words"),
    [(sender, "fr", "dépasserait 1\u00a0Mio") for sender in SENDERS] + [("json", "en", "exceed 1\u00a0MiB")],
)
@pytest.mark.slow
def test_too_large_an_answer_is_refused(sender: str, lang: str, words: str) -> None:
    fields = {"text": LARGE["notes"], "lang": lang}
    answer = post(fields, SENDERS[sender], create_app(rate=0, max_body=200_000))
    assert (answer.status, answer.json["error"]["code"]) == (413, "preview-too-large")
    assert words in answer.json["error"]["message"]


@pytest.mark.slow
def test_where_an_answer_would_be_too_large_the_text_stays() -> None:
    text = LARGE["notes"]
    assert len(comments.publish(text).html) > 3 * application.MOST_HTML
    fragment = post({"text": text}, as_multipart, create_app(rate=0, max_body=200_000), **HTML)
    assert fragment.text.startswith('<p class="spip-error" role="alert"')
    page = post({"text": text, "page": "1"}, as_multipart, **PAGE)
    assert page.status == 413
    assert find(parse(page.text), "textarea").text == text
    assert "dépasserait" in "".join(find(parse(page.text), "p[@role='alert']").itertext())


@pytest.mark.parametrize("shape", LARGE)
@pytest.mark.slow
def test_no_answer_exceeds_its_limit(shape: str) -> None:
    for headers in ({}, HTML, PAGE):
        answer = post({"text": LARGE[shape], "name": '"' * 2_000, "page": "1"}, as_multipart, **headers)
        assert answer.status in (200, 413)
        assert len(answer.body) < 2 * application.MOST_HTML


@pytest.mark.parametrize("pieces", [[], [b'{"te'], [b"{"] * 3])
def test_a_body_that_stops_is_refused_by_the_application_itself(
    pieces: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "STALL_SECONDS", 0.2)
    answer = asyncio.run(ask_slowly(pieces, 0.0))
    assert (answer.status, answer.json["error"]["code"]) == (408, "too-slow")
    assert answer.headers["connection"] == "close"


def test_a_slow_body_is_refused_even_if_it_never_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "BODY_SECONDS", 0.3)
    answer = asyncio.run(ask_slowly([b" "] * 1000, 0.01))
    assert (answer.status, answer.json["error"]["code"]) == (408, "too-slow")


async def ask_slowly(pieces: list[bytes], pause: float) -> Answer:
    """Send pieces of a body with a pause after each, and never its end."""
    waiting = iter(pieces)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        async def receive_slowly() -> Any:
            await asyncio.sleep(pause)
            piece = next(waiting, None)
            if piece is None:
                await asyncio.Event().wait()
            return {"type": "http.request", "body": piece, "more_body": True}

        await APP(scope, receive_slowly, send)

    return await ask(app, "POST", "/preview", {"Content-Type": JSON})


# ---- how much


def test_a_client_that_asks_too_often_waits() -> None:
    app = create_app(rate=0.5, burst=3)
    own, body = as_json({"text": "x"})

    def ask_as(address: str, **headers: str) -> Answer:
        return request(app, "POST", "/preview", {**own, **headers}, body, client=(address, 1))

    assert [ask_as("192.0.2.1").status for _ in range(4)] == [200, 200, 200, 429]
    refused = check(ask_as("192.0.2.1"))
    assert refused.headers["retry-after"] == "2"
    assert "2\u00a0s" in refused.json["error"]["message"]
    assert ask_as("192.0.2.2").status == 200
    # Nobody trusted says whom it speaks for.
    assert ask_as("192.0.2.1", **{"X-Forwarded-For": "198.51.100.7"}).status == 429


def test_answers_to_a_client_that_goes_on_asking_wait_and_those_to_others_do_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    app = create_app(rate=0.001, burst=2)
    headers, body = as_json({"text": "x"})

    async def ask_as(address: str) -> int:
        return (await ask(app, "POST", "/preview", headers, body, client=(address, 1))).status

    async def insist() -> None:
        assert [await ask_as("192.0.2.1") for _ in range(12)] == [200] * 2 + [429] * 10
        assert waited == []
        assert [await ask_as("192.0.2.1") for _ in range(5)] == [429] * 5
        assert waited == [0.5] * 5
        assert [await ask_as("192.0.2.2") for _ in range(4)] == [200] * 2 + [429] * 2
        assert len(waited) == 5

    asyncio.run(insist())


def test_only_so_many_answers_are_held_back_at_the_same_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(brake, "_MOST", 3)
    monkeypatch.setattr(brake, "_SECONDS", 30.0)
    app = create_app(rate=0.001, burst=1)
    headers, body = as_json({"text": "x"})

    async def insist() -> int:
        asking = [asyncio.create_task(ask(app, "POST", "/preview", headers, body)) for _ in range(30)]
        done, waiting = await asyncio.wait(asking, timeout=2)
        for task in waiting:
            task.cancel()
        return len(done)

    assert asyncio.run(insist()) == 27


def test_the_text_stays_in_the_form_of_a_client_that_has_to_wait() -> None:
    app = create_app(rate=0.001, burst=1)
    assert post({"text": "un"}, as_multipart, app, **PAGE).status == 200
    page = post({"text": "deux"}, as_multipart, app, **PAGE)
    assert page.status == 429
    assert (find(parse(page.text), "textarea").text or "").strip() == "deux"


def test_behind_a_proxy_each_client_has_its_own_limit() -> None:
    app = create_app(rate=0.001, burst=1, trusted_proxies=["10.0.0.0/8"])
    own, body = as_json({"text": "x"})

    def ask_for(forwarded: str, peer: str = "10.1.2.3") -> int:
        headers = {**own, "X-Forwarded-For": forwarded}
        return request(app, "POST", "/preview", headers, body, client=(peer, 1)).status

    assert ask_for("198.51.100.1") == 200
    assert ask_for("198.51.100.2") == 200
    assert ask_for("203.0.113.9, 198.51.100.1") == 429
    # Who is not a proxy cannot say who it is.
    assert ask_for("198.51.100.3", "192.0.2.1") == 200
    assert [ask_for(f"198.51.100.{number}", "192.0.2.1") for number in range(4, 9)] == [429] * 5


def test_repeated_headers_are_read_together() -> None:
    app = create_app(rate=0.001, burst=1, trusted_proxies=["10.0.0.1"])
    headers, body = as_json({"text": "x"})

    async def ask_for(*lines: str) -> int:
        async def add(scope: Any, receive: Any, send: Any) -> None:
            more = [(b"x-forwarded-for", line.encode()) for line in lines]
            await app({**scope, "headers": [*scope["headers"], *more]}, receive, send)

        return (await ask(add, "POST", "/preview", headers, body, client=("10.0.0.1", 1))).status

    assert asyncio.run(ask_for("198.51.100.1")) == 200
    assert asyncio.run(ask_for("203.0.113.1", "198.51.100.1")) == 429
    assert asyncio.run(ask_for("198.51.100.1", "203.0.113.1")) == 200


PROXIES = ["10.0.0.0/8", "127.0.0.1", "2001:db8:1::/48", "unix"]


@pytest.mark.parametrize(
    ("peer", "forwarded", "proxies", "client"),
    [
        ("192.0.2.1", "198.51.100.1", [], "192.0.2.1"),
        ("192.0.2.1", "198.51.100.1", PROXIES, "192.0.2.1"),
        ("10.0.0.1", "", PROXIES, "10.0.0.1"),
        ("10.0.0.1", " , ", PROXIES, "10.0.0.1"),
        ("10.0.0.1", "198.51.100.1", PROXIES, "198.51.100.1"),
        ("10.0.0.1", "6.6.6.6, 198.51.100.1", PROXIES, "198.51.100.1"),
        ("10.0.0.1", "6.6.6.6, 198.51.100.1, 10.9.9.9,127.0.0.1", PROXIES, "198.51.100.1"),
        ("10.0.0.1", "10.3.3.3, 10.4.4.4", PROXIES, "10.3.3.3"),
        # A client on the computer of the proxy is not a proxy, unless two proxies are there.
        ("127.0.0.1", "6.6.6.6, 127.0.0.1", PROXIES, "127.0.0.1"),
        ("127.0.0.1", "198.51.100.1, 127.0.0.1", ["127.0.0.1", "127.0.0.1"], "198.51.100.1"),
        ("127.0.0.1", "6.6.6.6, 127.0.0.1, 127.0.0.1", ["127.0.0.1", "127.0.0.1"], "127.0.0.1"),
        ("127.0.0.1", "6.6.6.6, 127.0.0.1", ["127.0.0.0/8"], "6.6.6.6"),
        ("10.0.0.1", "6.6.6.6, unknown, 10.4.4.4", PROXIES, "10.4.4.4"),
        ("10.0.0.1", "6.6.6.6, <script>", PROXIES, "10.0.0.1"),
        ("10.0.0.1", "6.6.6.6, 198.51.100.1,", PROXIES, "198.51.100.1"),
        ("10.0.0.1", "198.51.100.1:5000", PROXIES, "198.51.100.1"),
        ("10.0.0.1", "[2001:db8:9:2:3::4]:5000", PROXIES, "2001:db8:9:2::/64"),
        ("10.0.0.1", "[2001:db8:9:2:3::4]", PROXIES, "2001:db8:9:2::/64"),
        ("10.0.0.1", "6.6.6.6, 2001:db8:9:2:3::4", PROXIES, "2001:db8:9:2::/64"),
        ("10.0.0.1", "6.6.6.6, ::ffff:198.51.100.1", PROXIES, "198.51.100.1"),
        ("10.0.0.1", "198.51.100.1, " + "10.0.0.1," * 100, PROXIES, UNKNOWN),
        ("6.6.6.6", "6.6.6.6" + ", 127.0.0.1" * 100, [], UNKNOWN),
        ("::ffff:10.0.0.1", "198.51.100.1", PROXIES, "198.51.100.1"),
        ("2001:db8:1::5%eth0", "198.51.100.1", PROXIES, "198.51.100.1"),
        ("2001:db8:2::5", "198.51.100.1", PROXIES, "2001:db8:2::/64"),
        ("", "198.51.100.1", PROXIES, "198.51.100.1"),
        ("", "198.51.100.1", ["127.0.0.1"], ""),
        ("testclient", "198.51.100.1", PROXIES, "testclient"),
        ("::ffff:192.0.2.1", "", [], "192.0.2.1"),
        ("192.0.2.1", "", ["0.0.0.0/0"], "192.0.2.1"),
        # A server before the application may have put the header's word in place of the address.
        ("198.51.100.1", "198.51.100.1", [], UNKNOWN),
        ("198.51.100.1", "6.6.6.6, 198.51.100.1:7", ["10.0.0.1"], UNKNOWN),
        ("198.51.100.1", "6.6.6.6, 198.51.100.1", ["127.0.0.1"], "198.51.100.1"),
        ("198.51.100.1", "198.51.100.1, 6.6.6.6", ["127.0.0.1"], UNKNOWN),
        ("6.6.6.6", "6.6.6.6, 127.0.0.1", ["127.0.0.1"], UNKNOWN),
        ("10.0.0.5", "198.51.100.1, 10.0.0.5", ["127.0.0.1", "10.0.0.5"], "198.51.100.1"),
        ("10.0.0.5", "198.51.100.1, 10.0.0.5", ["::1", "10.0.0.5"], "198.51.100.1"),
    ],
)
def test_clients_are_identified_by_their_address(peer: str, forwarded: str, proxies: list[str], client: str) -> None:
    assert TrustedProxies(proxies).find_client(peer, forwarded) == client


FORWARDED = {"X-Forwarded-For": "198.51.100.7"}


@pytest.mark.parametrize(
    ("peer", "headers", "proxies", "times", "sentence"),
    [
        ("127.0.0.1", FORWARDED, [], 1, "no trusted proxy"),
        ("10.0.0.1", FORWARDED, ["127.0.0.1"], 1, "no trusted proxy"),
        ("fd00::1", FORWARDED, [], 1, "no trusted proxy"),
        (None, FORWARDED, [], 1, "no trusted proxy"),
        # A public address may be a visitor's, who invents what it likes; a proxy does so all the time.
        ("8.8.8.8", FORWARDED, [], 99, None),
        ("8.8.8.8", FORWARDED, [], 100, "no trusted proxy"),
        ("127.0.0.1", {}, ["127.0.0.1"], 1, "sends no X-Forwarded-For"),
        # As uvicorn makes it of a connection from this computer.
        ("198.51.100.7", FORWARDED, [], 1, "--no-proxy-headers"),
        ("127.0.0.1", FORWARDED, ["127.0.0.1"], 200, None),
        ("127.0.0.1", {}, [], 200, None),
        ("8.8.8.8", {}, [], 200, None),
    ],
)
def test_the_log_says_once_a_minute_that_all_clients_share_one_address(
    peer: str | None, headers: dict[str, str], proxies: list[str], times: int, sentence: str | None,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    now = 0.0
    clients = Clients(TrustedProxies(proxies), lambda: now)
    lines = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "headers": lines, "client": (peer, 1) if peer else None}

    def come() -> list[str]:
        caplog.clear()
        for _ in range(times):
            clients.name(Request(scope))
        return [record.getMessage() for record in caplog.records]

    logged = come()
    assert len(logged) == (sentence is not None)
    assert not sentence or sentence in logged[0]
    assert not any(address in line for line in logged for address in ("198.51", "8.8.8", "127.0", "10.0"))
    if sentence:
        assert come() == []
    now = 61.0
    assert len(come()) == 1 or not sentence


def test_an_application_names_its_clients_with_that_warning(caplog: pytest.LogCaptureFixture) -> None:
    app = create_app()
    for _ in range(3):
        request(app, "POST", "/preview", {"Content-Type": JSON, **FORWARDED}, b"{}", client=("127.0.0.1", 1))
    assert [record.name for record in caplog.records] == ["spipconv.web"]


def test_texts_are_charged_by_what_they_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    now, spent = 0.0, 0.0
    buckets = Buckets(1.0, 30, clock=lambda: now)
    monkeypatch.setattr(time, "thread_time", lambda: spent)

    def publish_dearly(text: str, lang: str, plugins: tuple[str, ...], extensions: tuple[()]) -> Any:
        nonlocal spent
        spent += 0.25 if "|" in text else 0.001
        return comments.PublishedComment("", ())

    monkeypatch.setattr(conversions, "publish", publish_dearly)
    work = conversions.Conversions(buckets, (), ())

    async def convert(text: str) -> int:
        try:
            await work.publish(Request({"type": "http"}), "a", text, "fr")
        except Refusal as refusal:
            return int(refusal.detail)
        return 0

    # An ordinary text costs one token, however long; a dear one 25.
    assert [asyncio.run(convert(text)) for text in ["x", "|", *"xxxxx"]] == [0, 0, 0, 0, 0, 0, 1]
    now = 100.0
    # What it cost is owed, even if there were fewer.
    assert [asyncio.run(convert(text)) for text in ["|", "|", "x"]] == [0, 0, 21]
    now = 121.0
    assert asyncio.run(convert("x")) == 0


def test_buckets_refill_and_long_texts_cost_more() -> None:
    now = 0.0
    buckets = Buckets(2.0, 4, clock=lambda: now)
    assert [buckets.take("a") for _ in range(5)] == [0, 0, 0, 0, 1]
    now = 1.0
    assert buckets.take("a", 2) == 0
    assert buckets.take("a", 3) == 2
    now = 100.0
    # More than a bucket holds: once it is full, and then all the longer until the next.
    assert buckets.take("a", 8) == 0
    assert buckets.take("a") == 3


def test_the_number_of_clients_in_memory_is_limited() -> None:
    buckets = Buckets(1.0, 1, most_clients=3)
    for number in range(10):
        assert buckets.take(f"client {number}") == 0
    assert len(buckets) == 3
    assert buckets.take("client 9") == 1
    assert buckets.take("client 0") == 0


def test_long_texts_do_not_keep_others_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()
    publish = comments.publish

    def publish_slowly(text: str, lang: str, plugins: tuple[str, ...], extensions: tuple[()]) -> Any:
        if len(text) > 2000:
            assert release.wait(20)
        return publish(text, lang, plugins=plugins)

    monkeypatch.setattr(conversions, "publish", publish_slowly)
    app = create_app(rate=0)

    headers, long = as_json({"text": "mot " * 1000})

    async def ask_as(client: int, body: bytes = long) -> Answer:
        return await ask(app, "POST", "/preview", headers, body, client=(f"192.0.2.{client}", 1))

    async def load() -> tuple[list[Answer], Answer, Answer, Answer]:
        running = [asyncio.create_task(ask_as(number % 4)) for number in range(16)]
        # All of them have been read and wait, one of them in a thread.
        await asyncio.sleep(0.2)
        quick = await ask_as(0, as_json({"text": "mot"})[1])
        greedy, late = await ask_as(0), await ask_as(5)
        release.set()
        return await asyncio.gather(*running), quick, greedy, late

    answers, quick, greedy, late = asyncio.run(load())
    assert quick.status == 200
    assert (greedy.status, greedy.json["error"]["code"]) == (429, "too-many-requests")
    assert (late.status, late.json["error"]["code"]) == (503, "busy")
    assert greedy.headers["retry-after"] == late.headers["retry-after"] == "1"
    assert [answer.status for answer in answers] == [200] * 16


def test_long_texts_are_not_converted_for_disconnected_clients(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    converted: list[str] = []
    monkeypatch.setattr(conversions, "publish", lambda text, lang, plugins, extensions: converted.append(text))
    headers, body = as_json({"text": "mot " * 1000})
    answer = request(APP, "POST", "/preview", headers, body, stays=False)
    assert answer.status == 0
    assert converted == []
    assert [one for one in caplog.records if one.levelno > logging.DEBUG and one.name == "spipconv.preview"] == []


# ---- who may read it

SITE = "https://www.example.org"
PREFLIGHT = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}


def test_no_other_site_may_read_unless_it_is_listed() -> None:
    for answer in (post({"text": "x"}, Origin=SITE), get("/", Origin=SITE)):
        assert answer.status == 200
        assert "access-control-allow-origin" not in answer.headers
    refused = check(request(APP, "OPTIONS", "/preview", {"Origin": SITE, **PREFLIGHT}))
    assert (refused.status, refused.json["error"]["code"]) == (403, "origin-refused")
    assert "access-control-allow-origin" not in refused.headers


def test_a_listed_site_may_read_previews_errors_and_files() -> None:
    app = create_app(origins=[SITE])
    for answer in (
        post({"text": "x"}, app=app, Origin=SITE),
        post({}, app=app, Origin=SITE),
        get("/health", app, Origin=SITE),
        get("/nowhere", app, Origin=SITE),
    ):
        assert answer.headers["access-control-allow-origin"] == SITE
        assert "Origin" in answer.headers["vary"]
        assert answer.headers["access-control-expose-headers"] == "Retry-After"
    preflight = check(request(app, "OPTIONS", "/preview", {"Origin": SITE, **PREFLIGHT}))
    assert preflight.status == 204
    assert preflight.headers["access-control-allow-origin"] == SITE
    assert "content-type" in preflight.headers["access-control-allow-headers"].lower()
    assert "POST" in preflight.headers["access-control-allow-methods"]


@pytest.mark.parametrize(
    "origin", ["null", "https://example.org", "http://www.example.org", "https://www.example.org.evil.test", ""]
)
def test_unlisted_sites_may_not_read_even_if_another_is_listed(origin: str) -> None:
    answer = post({"text": "x"}, app=create_app(origins=[SITE]), Origin=origin)
    assert "access-control-allow-origin" not in answer.headers
    assert "Origin" in answer.headers["vary"]


def test_an_asterisk_allows_all_sites() -> None:
    assert post({"text": "x"}, app=create_app(origins=["*"]), Origin=SITE).headers["access-control-allow-origin"] == "*"


def test_another_site_cannot_post_a_form_in_this_site_s_name() -> None:
    headers = {**PAGE, "Sec-Fetch-Site": "cross-site", "Origin": SITE}
    assert post({"text": "x"}, as_urlencoded, **headers).status == 403
    assert post({"text": "x"}, as_urlencoded, create_app(origins=[SITE]), **headers).status == 200
    assert post({"text": "x"}, as_urlencoded, **{**headers, "Sec-Fetch-Site": "same-origin"}).status == 200


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"origins": ["https://example.org/"]}, "is not an origin"),
        ({"origins": ["example.org"]}, "is not an origin"),
        ({"origins": ["null"]}, "is not an origin"),
        ({"origins": SITE}, "expected a list"),
        ({"lang": "xx"}, "'xx' is unknown: use a code"),
        ({"rate": -1}, "rate at least 0"),
        ({"burst": 0}, "max_body and burst must be at least 1"),
        ({"max_body": 0}, "max_body and burst must be at least 1"),
        ({"trusted_proxies": 1}, "1 is not a list of addresses"),
        ({"trusted_proxies": "127.0.0.1"}, "is not a list of addresses"),
        ({"trusted_proxies": ["1"]}, "'1' is not the address or network"),
        ({"trusted_proxies": ["10.0.0.1/8"]}, "is not the address or network"),
        ({"trusted_proxies": ["proxy.example.org"]}, "is not the address or network"),
        ({"trusted_proxies": [""]}, "is not the address or network"),
        ({"root_path": "apercu"}, "is not a path"),
        ({"root_path": "/apercu/"}, "is not a path"),
        ({"root_path": "//apercu"}, "is not a path"),
    ],
)
def test_wrong_settings_raise_an_error(settings: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        create_app(**settings)


# ---- the page


def test_the_page_has_the_form_and_the_widget() -> None:
    answer = get("/")
    page = parse(answer.text)
    assert page.get("lang") == "fr"
    widget = find(page, "spip-preview")
    assert (widget.get("endpoint"), widget.get("lang")) == ("/preview", "fr")
    form = find(widget, "form")
    assert (form.get("method"), form.get("action")) == ("post", "/preview")
    names = {one.get("name") for one in form.iter() if one.get("name")}
    assert {"name", "text", "lang", "page"} <= names
    labels = {"".join(one.itertext()): one.get("for") for one in form.iter(XHTML + "label")}
    assert labels == {"Votre nom": "spip-name", "Votre message": "spip-text"}
    ids = {one.get("id") for one in page.iter() if one.get("id")}
    described = find(page, "textarea").get("aria-describedby")
    assert {*labels.values(), described} <= ids
    assert "".join(find(page, f"p[@id='{described}']").itertext()) == (
        "Sont autorisés les raccourcis SPIP [texte->adresse], {{gras}}, {italique}, <quote> et <code>, ainsi que les "
        "balises HTML <q>, <del> et <ins>. Une ligne vide commence un nouveau paragraphe."
    )
    assert "".join(find(form, "button").itertext()) == "Prévisualiser"


def test_the_page_exists_in_english() -> None:
    page = parse(get("/?lang=en").text)
    assert page.get("lang") == "en"
    assert find(page, "spip-preview").get("lang") == "en"
    assert "".join(find(page, "button").itertext()) == "Show preview"


@pytest.mark.parametrize("sender", ["urlencoded", "multipart"])
@pytest.mark.parametrize("headers", [PAGE, HTML])
def test_without_javascript_the_form_brings_the_page_back(sender: str, headers: dict[str, str]) -> None:
    fields = {"name": "Zoé", "text": COMMENT, "lang": "fr", "page": "1"}
    answer = post(fields, SENDERS[sender], **headers)
    assert answer.status == 200
    page = parse(answer.text)
    assert find(page, "input[@name='name']").get("value") == "Zoé"
    # The parser takes away the newline after <textarea>, as a browser does, and makes CRLF of what it sends.
    assert (find(page, "textarea").text or "").replace("\r\n", "\n") == COMMENT
    assert spipconv.to_html(COMMENT, profile="comment").strip() in answer.text
    remark = "".join(find(page, "ul[@class='spip-remarks']").itertext()).strip()
    assert remark.startswith("Ligne 3, colonne 1\u00a0: ")
    assert "jamais refermé" in remark


HOST = [
    ("email", "zoe@example.org"), ("sujet", "Ça & \"là\""), ("name", "Zoé"), ("tag", "a"), ("text", COMMENT),
    ("tag", "b"), ("vide", ""), ("lang", "fr"), ("page", "/forum/envoi?id=3"),
]  # fmt: skip
OWN = {**PAGE, "Sec-Fetch-Site": "same-origin"}


def send(pairs: list[tuple[str, str]], app: Any = APP, **headers: str) -> Answer:
    """Post a form as a browser without JavaScript does, with repeated names."""
    own = {name.replace("_", "-"): value for name, value in {**PAGE, **headers}.items()}
    return check(request(app, "POST", "/preview", {"Content-Type": FORM, **own}, urlencode(pairs).encode()))


def sent_again(page: Element, button: int = 0) -> list[tuple[str, str]]:
    """Return what a browser would send of the page's form by one of its buttons; files are not chosen."""
    form = find(page, "form")
    pressed = list(form.iter(XHTML + "button"))[button]
    fields = [
        (one.get("name", ""), (one.text or "").replace("\r\n", "\n") if one.tag == XHTML + "textarea"
         else one.get("value", ""))
        for one in form.iter() if one.tag in (XHTML + "input", XHTML + "textarea") and one.get("type") != "file"
    ]  # fmt: skip
    return [*fields, *([(pressed.get("name", ""), pressed.get("value", ""))] if pressed.get("name") else [])]


def test_all_fields_of_the_host_come_back_and_go_on_to_it() -> None:
    answer = send(HOST, Sec_Fetch_Site="same-origin")
    page = parse(answer.text)
    form = find(page, "form")
    assert (form.get("action"), form.get("enctype")) == ("/forum/envoi?id=3", FORM)
    assert sorted(sent_again(page)) == sorted(HOST[:-1])
    assert [value for name, value in sent_again(page) if name == "tag"] == ["a", "b"]
    preview = list(form.iter(XHTML + "button"))[1]
    assert (preview.get("formaction"), preview.get("value")) == ("/preview", "/forum/envoi?id=3")
    # And again from there, as often as one likes.
    again = send(sent_again(page, 1), Sec_Fetch_Site="same-origin")
    assert sent_again(parse(again.text)) == sent_again(page)
    # Hosts compare the origin of what is sent to them.
    assert answer.headers["referrer-policy"] == "same-origin"
    assert "form-action 'self';" in answer.headers["content-security-policy"]


def test_a_host_of_a_listed_origin_gets_its_form_back() -> None:
    app = create_app(rate=0, origins=[SITE])
    for action in ("/envoi", f"{SITE}/envoi"):
        pairs = [("text", "x"), ("page", action)]
        answer = send(pairs, app, Sec_Fetch_Site="cross-site", Origin=SITE)
        form = find(parse(answer.text), "form")
        assert form.get("action") == f"{SITE}/envoi"
        assert f"form-action 'self' {SITE};" in answer.headers["content-security-policy"]
        assert answer.headers["referrer-policy"] == "strict-origin"
        # From the page itself, which is of this origin.
        again = send(sent_again(parse(answer.text), 1), app, Sec_Fetch_Site="same-origin")
        assert find(parse(again.text), "form").get("action") == f"{SITE}/envoi"


@pytest.mark.parametrize(
    ("action", "headers"),
    [
        *((action, {"Sec_Fetch_Site": "same-origin"}) for action in (
            "1", "envoi", "//evil.test/", "/\\evil.test/", "\\\\evil.test", "https://evil.test/", "https:evil.test", "https:///evil.test/",
            f"{SITE}.evil.test/", f"{SITE}@evil.test/", f"https://a@{SITE[8:]}/", "javascript:alert(1)", "/a b",
            "/\tevil", " /a", "http:/\\evil.test", "/" + "a" * 2_000,
        )),
        ("/envoi", {"Sec_Fetch_Site": "same-site"}),
        ("/envoi", {"Sec_Fetch_Site": "same-site", "Origin": "https://evil.example.org"}),
        ("/envoi", {"Sec_Fetch_Site": "none"}),
        ("/envoi", {}),
        ("/envoi", {"Origin": "https://evil.test"}),
        ("/envoi", {"Origin": "null"}),
        (f"{SITE}/envoi", {"Origin": "null"}),
        (f"{SITE}/envoi", {"Sec_Fetch_Site": "same-site", "Origin": "https://evil.example.org"}),
    ],
)  # fmt: skip
def test_the_page_sends_no_form_on_for_strangers_or_to_them(action: str, headers: dict[str, str]) -> None:
    answer = send([("text", "x"), ("a", "b"), ("page", action)], create_app(origins=[SITE]), **headers)
    assert answer.status == 200
    page = parse(answer.text)
    assert find(page, "form").get("action") == "/preview"
    assert [one.get("formaction") for one in page.iter(XHTML + "button")] == [None]
    assert "evil" not in answer.headers["content-security-policy"]
    # The way back is said.
    assert "revenez à son formulaire" in answer.text
    assert ("a", "b") in sent_again(page)


@pytest.mark.parametrize("origin", ["https://evil.test", "*"])
def test_an_asterisk_lets_no_site_send_forms_on(origin: str) -> None:
    app = create_app(rate=0, origins=["*"])
    for action in ("/envoi", "https://evil.test/"):
        answer = send([("text", "x"), ("page", action)], app, Sec_Fetch_Site="cross-site", Origin=origin)
        assert find(parse(answer.text), "form").get("action") == "/preview"


def test_an_old_browser_says_by_its_origin_where_a_form_comes_from() -> None:
    answer = send([("text", "x"), ("page", "/envoi")], Origin="https://preview.test")
    assert find(parse(answer.text), "form").get("action") == "/envoi"


def test_files_do_not_come_back_and_the_page_says_so() -> None:
    body = b"".join(
        b'--frontier\r\nContent-Disposition: form-data; name="' + name + b'\r\n\r\n' + value + b"\r\n"
        for name, value in [
            (b'photo"; filename="a.jpg"', b"\xff\xd8\xff"), (b'photo"; filename="b.jpg"', b"\xff"),
            (b'none"; filename=""', b""), (b'text"', "été".encode()), (b'page"', b"/envoi"),
        ]
    ) + b"--frontier--\r\n"  # fmt: skip
    headers = {"Content-Type": "multipart/form-data; boundary=frontier", **OWN}
    answer = check(request(APP, "POST", "/preview", headers, body))
    assert answer.status == 200
    page = parse(answer.text)
    assert find(page, "textarea").text == "été"
    files = [(one.get("name"), one.get("multiple")) for one in page.iter(XHTML + "input") if one.get("type") == "file"]
    assert files == [("photo", "")]
    assert sent_again(page) == [("text", "été")]
    assert find(page, "form").get("enctype") == "multipart/form-data"
    assert "Choisissez de nouveau le fichier «\u00a0photo\u00a0»" in "".join(page.itertext())


def test_a_text_that_is_too_long_stays_in_its_field() -> None:
    text = "été " * 20_000
    answer = send([("a", "b"), ("text", text), ("page", "/envoi")], Sec_Fetch_Site="same-origin")
    assert answer.status == 413
    page = parse(answer.text)
    assert find(page, "textarea").text == text
    assert sent_again(page) == [("a", "b"), ("text", text)]
    assert find(page, "form").get("action") == "/envoi"
    assert "64\u00a0Kio" in "".join(find(page, "p[@role='alert']").itertext())
    # Long fields of the host's do not count.
    assert send([("a", text), ("text", "x"), ("page", "/envoi")]).status == 200
    assert post({"text": text}, as_urlencoded).status == 413


@pytest.mark.parametrize("length", [1_100_000, 20_000_000])
def test_a_form_beyond_all_limits_is_said_to_be_still_where_it_was(length: int) -> None:
    headers = {"Content-Type": FORM, "Content-Length": str(length), **PAGE}
    answer = check(request(APP, "POST", "/preview", headers, b"text=x"))
    assert answer.status == 413
    assert "Votre message est toujours dans son formulaire" in answer.text
    assert parse(answer.text).find(f".//{XHTML}form") is None


def test_a_form_without_text_or_with_an_unknown_language_loses_nothing() -> None:
    for pairs, status in (([("a", "b"), ("page", "1")], 422), ([("a", "b"), ("text", "x"), ("lang", "xx")], 422)):
        answer = send([*pairs, ("page", "/envoi")], Sec_Fetch_Site="same-origin")
        assert answer.status == status
        assert set(sent_again(parse(answer.text))) >= {pair for pair in pairs if pair[0] != "page"}


def test_the_result_is_named_focused_and_comes_first() -> None:
    page = parse(send(HOST).text)
    assert find(page, "title").text == find(page, "h1").text == "Aperçu de votre message"
    focused = [one for one in page.iter() if one.get("autofocus") is not None]
    assert [one.tag for one in focused] == [XHTML + "h1"]
    assert focused[0].get("tabindex") == "-1"
    order = [one.tag for one in page.iter() if one.tag in (XHTML + "section", XHTML + "form")]
    assert order == [XHTML + "section", XHTML + "form"]
    refused = parse(send([("text", "x"), ("lang", "xx"), ("page", "1")]).text)
    assert (find(refused, "title").text or "").startswith("Erreur – ")
    assert find(refused, "p[@role='alert']").get("autofocus") is not None
    assert not [one for one in parse(get("/").text).iter() if one.get("autofocus") is not None]


@pytest.mark.parametrize(("lang", "direction"), [("ar", "rtl"), ("fa", "rtl"), ("fr", "ltr")])
def test_the_text_and_its_preview_run_in_the_direction_of_their_language(lang: str, direction: str) -> None:
    page = parse(send([("text", "x"), ("name", "x"), ("lang", lang), ("page", "1")]).text)
    for element in ("section", "textarea"):
        assert (find(page, element).get("lang"), find(page, element).get("dir")) == (lang, direction)
    assert find(page, "input[@name='name']").get("dir") == "auto"
    assert page.get("dir") == "ltr"


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "gzip, identity", "x-unknown"])
def test_compressed_requests_are_refused_with_a_clear_code(coding: str) -> None:
    body = gzip.compress(b'{"text": "' + b" " * 10_000_000 + b'"}')
    assert len(body) < 65_536
    answer = check(request(APP, "POST", "/preview", {"Content-Type": JSON, "Content-Encoding": coding}, body))
    assert (answer.status, answer.json["error"]["code"]) == (415, "unsupported-coding")
    assert answer.headers["accept-encoding"] == "identity"


def test_answers_are_not_compressed() -> None:
    answer = post({"text": "x" * 10_000}, Accept_Encoding="gzip")
    assert "content-encoding" not in answer.headers
    assert post({"text": "x"}, Content_Encoding="Identity").status == 200


def test_a_text_that_begins_with_a_newline_keeps_it() -> None:
    page = parse(post({"text": "\n\nx"}, as_urlencoded, **PAGE).text)
    assert find(page, "textarea").text == "\n\nx"


def test_an_empty_message_gives_a_page_that_says_so() -> None:
    assert "le message est vide" in post({"text": " "}, as_urlencoded, **PAGE).text


@pytest.mark.parametrize("headers", [{}, PAGE])
def test_pages_contain_no_inline_script_or_style(headers: dict[str, str]) -> None:
    answer = get("/", **headers)
    policy = dict(part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; "))
    assert policy == {
        "default-src": "'none'", "script-src": "'self'", "style-src": "'self'", "connect-src": "'self'",
        "form-action": "'self'", "base-uri": "'none'", "frame-ancestors": "'none'",
    }  # fmt: skip
    page = parse(answer.text)
    assert [("".join(one.itertext()), one.get("src")) for one in page.iter(XHTML + "script")] == [
        ("", "/static/spip-preview.js")
    ]
    assert not list(page.iter(XHTML + "style"))
    assert not [name for one in page.iter() for name in one.attrib if name.startswith("on") or name == "style"]


def test_the_policy_of_fragments_and_data_allows_nothing() -> None:
    for answer in (post({"text": "x"}), post({"text": "x"}, Accept="text/html"), post({}), get("/health")):
        assert answer.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'; sandbox"


@pytest.mark.parametrize(
    ("name", "media_type"), [("spip-preview.js", "text/javascript"), ("spip-preview.css", "text/css")]
)
def test_the_widget_s_files_are_served_and_cached(name: str, media_type: str) -> None:
    answer = get(f"/static/{name}")
    assert answer.status == 200
    assert answer.headers["content-type"] == f"{media_type}; charset=utf-8"
    assert answer.body
    again = get(f"/static/{name}", If_None_Match=f"W/{answer.headers['etag']}")
    assert (again.status, again.body) == (304, b"")
    assert get(f"/static/{name}", If_None_Match='"x"').status == 200


def test_health_reports_ok() -> None:
    assert get("/health").json == {"status": "ok"}


# ---- hostile texts


# Each way to send them has its share.
@pytest.mark.parametrize(("share", "sender"), list(enumerate(SENDERS)))
@pytest.mark.slow
def test_hostile_vectors_are_harmless_in_every_answer(share: int, sender: str) -> None:
    fields = {"text": "x", "name": "x", "page": "1"}
    harmless = parse(post(fields, SENDERS[sender], **PAGE).text)
    frame = sorted(one.tag for one in harmless.iter() if one.tag[len(XHTML) :] in FORBIDDEN)
    for vector in VECTORS[share :: len(SENDERS)]:
        text = vector["vector"]
        fields = {"text": text, "name": text, "page": "1"}
        answer = post(fields, SENDERS[sender]).json
        assert not dangers(answer["html"]), vector["id"]
        fragment = post({"text": text}, SENDERS[sender], **HTML).text
        assert not dangers(fragment), vector["id"]
        page = parse(post(fields, SENDERS[sender], **PAGE).text)
        found = [one for one in page.iter() if isinstance(one.tag, str)]
        assert sorted(one.tag for one in found if one.tag[len(XHTML) :] in FORBIDDEN) == frame, vector["id"]
        assert not [name for one in found for name in one.attrib if name.startswith("on")], vector["id"]
        shown = find(page, "textarea").text or ""
        # What browsers do to line ends and to NUL.
        expected = re.sub("\r\n?", "\n", text).replace("\0", "\ufffd")
        expected = expected.encode("utf-8", "replace").decode()
        assert shown == expected, vector["id"]
        assert not dangers(page_part(page, "section")), vector["id"]


@pytest.mark.slow
def test_hostile_fields_come_back_as_values_and_lead_nowhere() -> None:
    app = create_app(rate=0, origins=[SITE])
    for vector in VECTORS:
        words = vector["vector"]
        fields = {"text": "x", words or "empty": words, "page": words}
        page = parse(post(fields, as_urlencoded, app, Sec_Fetch_Site="same-origin", **PAGE).text)
        found = [one for one in page.iter() if isinstance(one.tag, str)]
        assert not [name for one in found for name in one.attrib if name.startswith("on")], vector["id"]
        assert len(list(page.iter(XHTML + "script"))) == 1
        assert [one.get("type") for one in page.iter(XHTML + "input")] == ["hidden"], vector["id"]
        for address in (find(page, "form").get("action"), find(page, "button").get("formaction", "/preview")):
            assert re.fullmatch(r"/(?!/)[!-~]*", address or ""), vector["id"]


def page_part(page: Element, name: str) -> str:
    """Return an element as HTML."""
    serializer = html5lib.serializer.HTMLSerializer(omit_optional_tags=False, quote_attr_values="always")
    out = io.StringIO()
    out.writelines(serializer.serialize(html5lib.getTreeWalker("etree")(find(page, name))))
    return out.getvalue()


@pytest.mark.slow
def test_hostile_words_in_an_error_are_escaped() -> None:
    for vector in VECTORS:
        fields = {"text": vector["vector"], "lang": vector["vector"]}
        for headers in (HTML, PAGE):
            answer = post(fields, as_multipart, **headers)
            assert answer.status == 422, vector["id"]
            alert = find(parse(answer.text), "p[@role='alert']")
            assert not list(alert), vector["id"]
            assert not dangers(re.sub(r"(?s)^.*?(<p class=.spip-error.*?</p>).*$", r"\1", answer.text))


# ---- any bytes

TYPES = [
    "application/json",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=frontier",
    "multipart/form-data",
    "application/json; charset=utf-16",
    "text/plain",
]
BODIES = st.one_of(
    st.binary(max_size=300),
    st.text(max_size=100).map(lambda text: json.dumps({"text": text}).encode()),
    st.binary(max_size=100).map(
        lambda text: (
            b'--frontier\r\nContent-Disposition: form-data; name="text"\r\n\r\n' + text + b"\r\n--frontier--\r\n"
        )
    ),
    st.text(max_size=50).map(lambda text: as_urlencoded({"text": text.encode("utf-8", "replace").decode()})[1]),
)


@settings(max_examples=150, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    BODIES,
    st.sampled_from(TYPES) | st.text(st.characters(max_codepoint=255), max_size=40),
    st.sampled_from(["*/*", "text/html", "application/json", "image/png"]) | st.text(st.characters(max_codepoint=255)),
    st.sampled_from([{}, {"Sec-Fetch-Mode": "navigate"}]),
)
def test_any_bytes_get_an_answer_in_the_right_form(
    body: bytes, content_type: str, accept: str, more: dict[str, str]
) -> None:
    headers = {"Content-Type": content_type, "Accept": accept, **more}
    answer = check(request(APP, "POST", "/preview", headers, body))
    assert answer.status in (200, 400, 406, 413, 415, 422)
    if answer.headers["content-type"] == "application/json":
        assert set(answer.json) == ({"html", "diagnostics"} if answer.status == 200 else {"error"})
    else:
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert answer.text.startswith("<!DOCTYPE html>") == bool(more)
        assert "\0" not in answer.text


# ---- the description


def test_the_description_matches_the_application() -> None:
    described = get("/openapi.json").json
    assert described["openapi"] == "3.1.0"
    assert set(described["paths"]) == {"/", "/preview", "/health", "/openapi.json", "/static/{name}"}
    refused = described["paths"]["/preview"]["post"]["responses"]
    assert {str(status) for *_, status, _ in WRONG.values()} - {"404"} <= set(refused)


# More by hand: SPIPCONV_TEST_CASES=500.
CASES = int(os.environ.get("SPIPCONV_TEST_CASES", "40"))


@pytest.mark.parametrize(
    ("mode", "path"),
    [
        *(("positive", path) for path in ("/", "/preview", "/health", "/openapi.json", "/static/{name}")),
        # The others take nothing that could be wrong.
        *(("negative", path) for path in ("/", "/preview", "/static/{name}")),
    ],
)
@pytest.mark.slow
def test_answers_conform_to_the_description(mode: str, path: str) -> None:
    schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is not installed")
    schema = schemathesis.openapi.from_asgi("/openapi.json", APP).include(path=path)
    operations = [result.ok() for result in schema.get_all_operations()]
    assert operations
    for operation in operations:

        @settings(
            max_examples=CASES, derandomize=True, deadline=None, database=None, suppress_health_check=[*HealthCheck]
        )
        @given(case=operation.as_strategy(schemathesis.GenerationMode(mode)))
        def conform(case: Any) -> None:
            case.call_and_validate()

        conform()


# ---- the command

COMMAND = [sys.executable, "-c", "from spipconv.commands.serve import serve; serve()"]


@pytest.fixture
def uvicorn() -> None:
    pytest.importorskip("uvicorn", reason='uvicorn is not installed: pip install ".[serve]"')


def run(*arguments: str, before: str = "") -> subprocess.CompletedProcess[str]:
    program = f"{before}\nfrom spipconv.commands.serve import serve\nserve()"
    return subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.usefixtures("uvicorn")
def test_the_command_serves_until_it_is_interrupted() -> None:
    with subprocess.Popen(
        [*COMMAND, "--port", "0", "--root-path", "/apercu", "--lang", "en"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        bufsize=1,
        env={"PYTHONUNBUFFERED": "1", "PATH": "/usr/bin:/bin"},
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            line = process.stdout.readline()
            match = re.fullmatch(r"Preview on http://127\.0\.0\.1:(\d+)/apercu/\n", line)
            assert match, line + process.stderr.read()
            connection = HTTPConnection("127.0.0.1", int(match[1]), timeout=20)
            for prefix in ("/apercu", ""):
                connection.request("GET", f"{prefix}/")
                page = connection.getresponse()
                assert page.status == 200
                assert b'action="/apercu/preview"' in page.read()
                headers, body = as_json({"text": COMMENT})
                connection.request("POST", f"{prefix}/preview", body, headers)
                answer = connection.getresponse()
                assert json.loads(answer.read())["html"] == spipconv.to_html(COMMENT, profile="comment", lang="en")
                assert answer.getheader("Server") is None
            connection.request("POST", "/preview", iter([b" " * 1000] * 100), headers, encode_chunked=True)
            assert connection.getresponse().status == 413
            connection.close()
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)
        assert process.returncode in (0, -signal.SIGTERM)
        assert process.stderr.read() == ""


@pytest.mark.usefixtures("uvicorn")
def test_a_port_in_use_is_reported_in_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = run("--port", port)
    assert done.returncode == 2
    assert done.stderr == f"Error: cannot listen on 127.0.0.1, port {port}: Address already in use\n"


@pytest.mark.parametrize("missing", ["starlette", "uvicorn", "python_multipart"])
def test_a_missing_extra_is_reported_in_one_line(missing: str) -> None:
    done = run("--port", "0", before=f"import sys; sys.modules[{missing!r}] = None")
    assert done.returncode == 2
    assert done.stderr == 'Error: serve is not installed: pip install "spipconv[serve]"\n'


def test_importing_the_preview_without_its_extra_says_what_to_install() -> None:
    program = "import sys; sys.modules['starlette'] = None; import spipconv.preview"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert done.stderr.endswith('\nImportError: the preview is not installed: pip install "spipconv[serve]"\n')


@pytest.mark.usefixtures("uvicorn")
@pytest.mark.parametrize(
    "arguments",
    [
        ["--origin", "example.org"],
        ["--lang", "xx"],
        ["--root-path", "apercu"],
        ["--host", "no.such.host.test"],
        ["--trusted-proxies", "1"],
        ["--trusted-proxies", "127.0.0.1,nginx"],
    ],
)
@pytest.mark.slow
def test_wrong_options_are_reported_in_one_line(arguments: list[str]) -> None:
    done = run("--port", "0", *arguments)
    assert done.returncode == 2
    assert done.stderr.startswith("Error: ")
    assert done.stderr.count("\n") == 1


@pytest.mark.usefixtures("uvicorn")
def test_listening_on_a_public_address_gives_a_warning() -> None:
    before = "import uvicorn; uvicorn.Server.run = lambda self, sockets: [one.close() for one in sockets]"
    done = run("--port", "0", "--host", "0.0.0.0", before=before)  # noqa: S104
    assert done.stderr.startswith("warning: other computers can reach 0.0.0.0")
    assert run("--port", "0", before=before).stderr == ""


def test_plugins_are_read_where_the_site_says_so() -> None:
    app = create_app(plugins=["enluminures"])
    assert post({"text": "[*mot*]"}, app=app).json["html"] != post({"text": "[*mot*]"}).json["html"]
    with pytest.raises(ValueError, match="'inconnu' is unknown: choose from enluminures"):
        create_app(plugins=["inconnu"])


def test_extensions_are_read_where_the_site_says_so() -> None:
    answer = post({"text": "<carte12> <galerie3> <absent1>"}, app=create_app(extensions=[SAMPLE])).json
    assert "https://maps.example/12" in answer["html"]
    assert "x-gallery" not in answer["html"]
    assert [diagnostic["code"] for diagnostic in answer["diagnostics"]] == [
        "raw-refused", "raw-refused", "sample-absent",
    ]  # fmt: skip
    with pytest.raises(TypeError, match=r"^extensions: expected Extension objects"):
        create_app(extensions=["sample"])  # type: ignore[list-item]
