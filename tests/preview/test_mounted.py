"""docs/preview.md is true: its applications run and its requests get its answers, under a prefix and nginx too."""

from __future__ import annotations

import asyncio
import doctest
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import html5lib
import pytest

import spipconv
from tests.asgi import Answer, as_json, as_multipart, ask, request
from tests.webservers import running_nginx

pytest.importorskip("starlette", reason='the preview is not installed: pip install ".[serve]"')
pytest.importorskip("python_multipart", reason='the preview is not installed: pip install ".[serve]"')

from spipconv.preview import create_app

DOCUMENT = Path(__file__).parent.parent.parent / "docs" / "preview.md"
BLOCKS: list[tuple[str, str]] = re.findall(
    r"^```([\w+]+)\n(.*?)^```$", DOCUMENT.read_text("utf-8"), re.MULTILINE | re.DOTALL
)
XHTML = "{http://www.w3.org/1999/xhtml}"
COMMENT = "{{Quoi}} ? [[Une note.]]"
SITE = "https://www.example.org"


def blocks(language: str) -> list[str]:
    return [text for name, text in BLOCKS if name == language]


def attribute(html: str, element: str, name: str) -> str:
    """Return an attribute of the first such element."""
    found = html5lib.parse(html).find(f".//{XHTML}{element}")
    assert found is not None
    return str(found.get(name))


def run_file(name: str) -> dict[str, Any]:
    """Run one of the document's Python files; return what it defines."""
    (source,) = [text for text in blocks("python") if text.startswith(f"# {name}\n")]
    defined: dict[str, Any] = {}
    exec(compile(source, name, "exec"), defined)  # noqa: S102
    return defined


def check_prefix(app: Any, prefix: str) -> None:
    """Follow a browser through an application under a prefix."""
    page = request(app, "GET", f"{prefix}/")
    assert page.status == 200
    addresses = re.findall(r'(?:href|src|endpoint|action)="([^"]*)"', page.text)
    assert set(addresses) == {
        f"{prefix}/preview", f"{prefix}/static/spip-preview.css", f"{prefix}/static/spip-preview.js"
    }  # fmt: skip
    for address in addresses:
        if "/static/" in address:
            assert request(app, "GET", address).status == 200
    answer = request(app, "POST", f"{prefix}/preview", *as_json({"text": COMMENT}))
    assert answer.json["html"] == spipconv.to_html(COMMENT, profile="comment")
    headers, body = as_multipart({"text": COMMENT, "page": "1"})
    again = request(app, "POST", f"{prefix}/preview", {**headers, "Accept": "text/html"}, body)
    assert f'action="{prefix}/preview"' in again.text
    assert request(app, "GET", f"{prefix}/openapi.json").json["servers"] == [{"url": prefix or "/"}]
    missing = request(app, "GET", f"{prefix}/nowhere")
    assert (missing.status, missing.json["error"]["code"]) == (404, "not-found")


@pytest.mark.parametrize("prefix", ["", "/apercu", "/fr/site/aperçu", '/a"<b>&c'])
def test_a_mounted_application_honours_its_prefix(prefix: str) -> None:
    from starlette.applications import Starlette
    from starlette.routing import Mount

    app: Any = Starlette(routes=[Mount(prefix, create_app(rate=0))]) if prefix else create_app(rate=0)
    if prefix.isascii() and '"' not in prefix:
        check_prefix(app, prefix)
    action = attribute(request(app, "GET", f"{prefix}/").text, "form", "action")
    assert action.isascii()
    assert not set('"<> ') & set(action)


@pytest.mark.parametrize("is_taken_away", [True, False])
def test_a_proxy_may_keep_the_prefix_or_remove_it(is_taken_away: bool) -> None:
    app = create_app(root_path="/apercu")
    path = "" if is_taken_away else "/apercu"
    assert 'action="/apercu/preview"' in request(app, "GET", f"{path}/").text
    assert request(app, "GET", f"{path}/static/spip-preview.js").status == 200
    assert request(app, "GET", f"{path}/openapi.json").json["servers"] == [{"url": "/apercu"}]


def test_a_root_path_that_would_name_a_host_does_not() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await create_app()({**scope, "root_path": "//evil.test", "path": "//evil.test/"}, receive, send)

    assert 'action="/evil.test/preview"' in request(app, "GET", "/").text


def test_fastapi_as_the_document_mounts_it() -> None:
    pytest.importorskip("fastapi", reason="fastapi is not installed")
    check_prefix(run_file("shop.py")["app"], "/apercu")


def test_django_as_the_document_mounts_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "mysite.settings")
    pytest.importorskip("django", reason="django is not installed")
    from tests.django_site import configure

    configure()
    application = run_file("asgi.py")["application"]
    check_prefix(application, "/apercu")
    shown = request(application, "GET", "/comments/")
    assert (shown.status, shown.text.strip()) == (200, '<article lang="fr"><p><strong>gras</strong></p>\n</article>')


def test_the_module_of_the_document_is_an_application() -> None:
    app = run_file("preview.py")["app"]
    answer = request(app, "POST", "/preview", *as_json({"text": "x"}))
    assert answer.status == 200


def test_python_examples_run() -> None:
    result = doctest.testfile(str(DOCUMENT), module_relative=False, encoding="utf-8")
    assert result.attempted > 0
    assert result.failed == 0


def test_the_tables_list_every_address_and_refusal() -> None:
    import inspect

    from spipconv.commands.serve import serve
    from spipconv.preview.refusals import REASONS

    text = DOCUMENT.read_text("utf-8")
    rows = re.findall(r"^\| `(\w+)=([^`]*)` \| (?:`(--[\w-]+)`)? ?\|", text, re.MULTILINE)
    parameters = inspect.signature(create_app).parameters
    assert {name for name, _, _ in rows} == set(parameters)
    for name, value, _ in rows:
        assert eval(value) == (parameters[name].default or type(eval(value))())  # noqa: S307
    options = {option for parameter in serve.params for option in parameter.opts}
    assert {option for _, _, option in rows if option} <= options
    of_uvicorn = {"--no-proxy-headers", "--limit-concurrency"}
    assert set(re.findall(r"`--[\w-]+", text)) <= {f"`{option}" for option in {*options, *of_uvicorn, "--help"}}
    table = text[text.index("| status | code |") :].split("\n\n")[0]
    said = {
        (code, int(status))
        for statuses, codes in re.findall(r"^\| ([\d, ]+) \| (.*) \|$", table, re.MULTILINE)
        for code in re.findall(r"`([a-z-]+)`", codes)
        for status in statuses.split(", ")
    }
    assert {(code, reason.status) for code, reason in REASONS.items()} <= said
    assert {code for code, _ in said} == set(REASONS)


def test_a_static_site_may_load_the_widget_and_request_previews() -> None:
    (snippet,) = [text for text in blocks("html") if "preview.example.org" in text]
    host = "https://preview.example.org"
    script = attribute(snippet, "script", "src").removeprefix(host)
    style = attribute(snippet, "link", "href").removeprefix(host)
    endpoint = attribute(snippet, "spip-preview", "endpoint").removeprefix(host)
    assert f"--origin {SITE}" in DOCUMENT.read_text("utf-8")
    app = create_app(origins=[SITE])
    headers, body = as_json({"text": COMMENT})
    for answer in (
        request(app, "GET", script, {"Origin": SITE}),
        request(app, "GET", style, {"Origin": SITE}),
        request(app, "POST", endpoint, {**headers, "Origin": SITE}, body),
    ):
        assert answer.status == 200
        assert answer.headers["access-control-allow-origin"] == SITE


def test_the_snippet_for_a_site_uses_addresses_that_exist() -> None:
    (snippet,) = [text for text in blocks("html") if "formaction" in text]
    served = [one for one in re.findall(r'"(/apercu/[^"]*)"', snippet) if "static" in one]
    assert len(served) == 2
    app = create_app(root_path="/apercu")
    assert [request(app, "GET", one).status for one in served] == [200, 200]
    (host,) = re.findall(r'<form method="post" action="([^"]*)"', snippet)
    (value,) = re.findall(r'name="page" value="([^"]*)"', snippet)
    headers, body = as_multipart({"text": COMMENT, "page": value})
    sent = {**headers, "Accept": "text/html", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "same-origin"}
    answer = request(app, "POST", "/apercu/preview", sent, body)
    assert answer.status == 200
    assert attribute(answer.text, "form", "action") == host == value


# ---- real servers


@contextmanager
def serving(*arguments: str) -> Iterator[int]:
    """Run ``spipconv serve``; give its port."""
    pytest.importorskip("uvicorn", reason='uvicorn is not installed: pip install ".[serve]"')
    program = "from spipconv.commands.serve import serve; serve()"
    with subprocess.Popen(
        [sys.executable, "-c", program, "--port", "0", *arguments],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as process:
        assert process.stdout is not None
        try:
            found = re.search(r":(\d+)/", process.stdout.readline())
            assert found
            yield int(found[1])
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)


@pytest.mark.server
def test_the_server_of_the_document_has_the_limits_of_the_command(tmp_path: Path) -> None:
    pytest.importorskip("uvicorn", reason='uvicorn is not installed: pip install ".[serve]"')
    for name in ("preview.py", "run.py"):
        (source,) = [text for text in blocks("python") if text.startswith(f"# {name}\n")]
        # The port that is free is named where the document's one would be.
        source = source.replace("8000))", "0))").replace(
            "    make_server", "    print(listener.getsockname()[1])\n    make_server"
        )
        (tmp_path / name).write_text(source, "utf-8")
    with subprocess.Popen([sys.executable, "-u", "run.py"], cwd=tmp_path, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            connection = HTTPConnection("127.0.0.1", int(process.stdout.readline()), timeout=20)
            connection.request("GET", "/health")
            answer = connection.getresponse()
            assert (answer.status, answer.read()) == (200, b'{"status":"ok"}')
            # uvicorn alone would name itself.
            assert answer.getheader("server") is None
            connection.close()
        finally:
            process.terminate()
            process.wait(20)


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.server
def test_the_requests_of_the_document_get_its_answers() -> None:
    commands = [one for one in blocks("sh") if one.startswith("curl ")]
    answers = [text for name, text in BLOCKS if name == "json" or (name == "html" and text.startswith("<p>"))]
    assert len(commands) == len(answers) == 2
    with serving() as port:
        for command, expected in zip(commands, answers, strict=True):
            done = subprocess.run(
                ["bash", "-c", command.replace(":8000/", f":{port}/")],
                capture_output=True,
                text=True,
                timeout=30,
                check=True,
            )
            if expected.startswith("{"):
                assert json.loads(done.stdout) == json.loads(expected)
            else:
                assert done.stdout == expected


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.server
def test_nginx_as_the_document_configures_it(slash: str) -> None:
    http, lines = blocks("nginx")
    (command,) = [one for one in blocks("sh") if "--root-path" in one]
    arguments = command.split()[2:]
    with serving(*arguments, "--rate", "0.001") as port:
        lines = lines.replace("http://127.0.0.1:8000;", f"http://127.0.0.1:{port}{slash};")
        with running_nginx({"index.html": "site"}, http, lines) as server:
            page = server.get("/apercu/")
            assert page.status == 200
            addresses = set(re.findall(r'(?:href|src)="([^"]*)"', page.body))
            assert [server.get(address).status for address in sorted(addresses)] == [200, 200]
            moved = server.get("/apercu")
            assert (moved.status, moved.location) == (301, "/apercu/")
            nginx = server._own.removeprefix("http://")
            assert post(nginx, "198.51.100.1").status == 200
            # All come from this computer, whatever they say: nginx adds the address that counts.
            statuses = [post(nginx, f"198.51.100.{number}").status for number in range(40)]
            assert 429 in statuses


def post(host: str, forwarded_for: str) -> Answer:
    connection = HTTPConnection(host, timeout=20)
    headers, body = as_json({"text": COMMENT})
    connection.request("POST", "/apercu/preview", body, {**headers, "X-Forwarded-For": forwarded_for})
    answer = connection.getresponse()
    found = Answer(answer.status, {}, answer.read())
    connection.close()
    return found


def test_several_applications_in_one_process_do_not_share_their_limits() -> None:
    async def both() -> list[int]:
        headers, body = as_json({"text": "x"})
        apps = [create_app(rate=0.001, burst=1) for _ in range(2)]
        return [(await ask(app, "POST", "/preview", headers, body)).status for app in (*apps, *apps)]

    assert asyncio.run(both()) == [200, 200, 429, 429]
