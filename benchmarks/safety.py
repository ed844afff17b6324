"""Every attack in every place of the markup, and any texts, judged by an HTML5 parser and a sample of them by Chromium.

    python benchmarks/safety.py                                        # the attacks of tests/security
    python benchmarks/safety.py --attacks FILE.jsonl ... --apart 1     # other ones ("vector"), all in all places
    python benchmarks/safety.py --texts FILE.jsonl                     # texts ("text") as they are
    python benchmarks/safety.py --browser 4000                         # so many of the outputs in Chromium too

Everything is on: all plugins, players of known hosts, shortcuts in angles, the repair of encoding; ``--plain`` leaves
all of that off. The exit code is 1 if anything dangerous was found.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import html5lib

import spipconv
from spipconv import Profile, read_objects
from spipconv.plugins import PLUGINS
from tests.fuzz import HOLES
from tests.judges import dangers, liberties, unclean

TESTS = Path(__file__).parent.parent / "tests"
PROFILES: tuple[Profile, ...] = ("article", "comment")
# Places that only plugins make, and neighbours that change what a place means.
PLACES = (
    "%s",
    *HOLES,
    "[*%s*]", "[**%s*]", "[/%s/]", "[/%s/]\n\n[|%s|]", "[(%s)]", "[!%s!]", "{{{**%s}}}", "<md>%s</md>",
    "<markdown>\n%s\n</markdown>", "<md>\n[a](%s)\n</md>", "<md>\n```%s\nx\n```\n</md>", "<md>![%s](%s)</md>",
    "<youtube|id=%s>", "<video|url=%s|titre=%s>", "++++\n%s\n++++", "[!sommaire|%s]", "[!glossaire]\n%s",
    "\n\n%s\n\n", "<doc4>%s<doc1>", '<video src="%s" poster=\'%s\'></video>', '<audio src="%s"><source src=%s></audio>',
    '<object data="%s"><param name="movie" value="%s"><embed src=\'%s\'></object>', "//%s", "https://youtu.be/%s",
    '<iframe src="//www.youtube.com/embed/%s"></iframe>', '<iframe src="https://player.vimeo.com/video/1%s"></iframe>',
)  # fmt: skip
BATCH = 40


class Shot(NamedTuple):
    """A text and the profile to read it with."""

    text: str
    profile: Profile


def read_lines(path: Path, field: str) -> list[str]:
    """Return the strings that a file of JSON lines has in a field."""
    return [str(json.loads(line)[field]) for line in path.read_text("utf-8").split("\n") if line]


def aim(attacks: Iterable[str], apart: int) -> Iterator[Shot]:
    """Yield attacks in every n-th place, starting at a different one each time."""
    for number, attack in enumerate(attacks):
        for place in range(number % apart, len(PLACES), apart):
            for profile in PROFILES:
                yield Shot(PLACES[place].replace("%s", attack), profile)


class Judge:
    """Judges outputs in batches, equal ones once; ``findings`` are the dangerous ones."""

    def __init__(self, options: dict[str, Any]) -> None:
        self.texts = 0
        self.kept: dict[Profile, list[tuple[str, str]]] = {profile: [] for profile in PROFILES}
        self.findings: list[tuple[Shot, str, list[str]]] = []
        self.errors: Counter[str] = Counter()
        self._options = options
        self._seen: set[int] = set()
        self._batch: list[tuple[Shot, str]] = []

    @property
    def outputs(self) -> int:
        """How many different outputs were judged."""
        return len(self._seen)

    def take(self, shot: Shot) -> None:
        """Convert a text, and judge what comes out soon."""
        self.texts += 1
        try:
            html = spipconv.to_html(shot.text, shot.profile, **self._options)
        except Exception as error:
            self.errors[f"{type(error).__name__}: {error}"[:200]] += 1
            self.findings.append((shot, "", [f"raises {type(error).__name__}"]))
            return
        known = hash((shot.profile, html))
        if known in self._seen:
            return
        self._seen.add(known)
        self.kept[shot.profile].append((shot.text, html))
        self._batch.append((shot, html))
        if len(self._batch) == BATCH:
            self.finish()

    def finish(self) -> None:
        """Judge what is left."""
        batch, self._batch = self._batch, []
        suspects = batch if batch and self._is_suspect([html for _, html in batch]) else []
        self.findings += [(shot, html, found) for shot, html in suspects if (found := self._dangers(html))]
        for shot, html in batch:
            found = sorted(unclean(html)) + wrong_players(html)
            if shot.profile == "comment":
                found += [liberty for liberty in sorted(liberties(html)) if not OF_PLUGINS.fullmatch(liberty)]
            if found:
                self.findings.append((shot, html, found))

    def _is_suspect(self, outputs: list[str]) -> bool:
        """Return whether one of the outputs may be dangerous, judged as one page."""
        page = "".join([f"<div data-case={n}>{html}</div><hr data-case={n}>" for n, html in enumerate(outputs)])
        if self._dangers(page):
            return True
        body = html5lib.parse(f"<!DOCTYPE html>{page}", namespaceHTMLElements=False)[1]
        cases = [(child.tag, child.get("data-case")) for child in body]
        return cases != [(name, str(n)) for n in range(len(outputs)) for name in ("div", "hr")]

    def _dangers(self, html: str) -> list[str]:
        return sorted(dangers.__wrapped__(html) - ALLOWED)


# What the policy allows beyond the judge's own lists: players, judged by ``wrong_players``, and what plugins add.
ALLOWED = frozenset({"element iframe", "element audio", "element video", "element source"})
OF_PLUGINS = re.compile(r"<h[1-6]>|<div align>|\.decoupe|\.(?:texte|caract)encadre\d?-spip|<(?:audio|video|source).*>")
_SHOWN = frozenset({"<audio>", "<video>", "<source>"})
_FRAME = re.compile(r"<iframe\b([^>]*)>")
_HOSTS = re.compile(
    r"https://(?:www\.youtube-nocookie\.com|www\.youtube\.com|player\.vimeo\.com|www\.dailymotion\.com"
    r"|geo\.dailymotion\.com|archive\.org|w\.soundcloud\.com|www\.arte\.tv)/[^\s\"'<>]*"
)
_MEDIA = frozenset({"src", "type", "preload", "controls", "width", "height", "class", "id", "title", "lang", "dir",
                    "poster", "loop", "muted", "playsinline", "role", "align"})  # fmt: skip


def wrong_players(html: str) -> list[str]:
    """Return what is wrong with the players in HTML: other hosts, other schemes, no sandbox, what starts alone."""
    if not re.search("<(?:iframe|audio|video|source)", html):
        return []
    page = html5lib.parseFragment(html, namespaceHTMLElements=False)
    wrong = []
    for frame in page.iter("iframe"):
        if not _HOSTS.fullmatch(frame.get("src", "")):
            wrong.append(f"frame of {frame.get('src')!r}")
        if "allow-top-navigation" in frame.get("sandbox", "allow-top-navigation"):
            wrong.append("frame without a sandbox")
        if frame.get("srcdoc") is not None or frame.get("name") is not None:
            wrong.append("frame with srcdoc or a name")
    for name in ("audio", "video", "source"):
        for element in page.iter(name):
            wrong += [f"<{name} {key}>" for key in element.attrib if key not in _MEDIA and not key.startswith("aria-")]
    return wrong


def show_in_browser(judge: Judge, number: int) -> list[tuple[str, str, list[str]]]:
    """Return what is wrong with a sample of the outputs in Chromium: text, HTML and findings."""
    from playwright.sync_api import sync_playwright

    from tests.safety.test_browser import Harness

    findings = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        for profile, kept in judge.kept.items():
            sample = Random(11).sample(kept, min(len(kept), number // len(PROFILES)))  # noqa: S311
            # A frame is judged by its address; in the browser it would only be a request.
            sample = [(text, _FRAME.sub("<p>", html)) for text, html in sample]
            harness = Harness(browser, images=profile == "article")
            for first in range(0, len(sample), 250):
                part = sample[first : first + 250]
                culprits = harness.name_culprits([html for _, html in part])
                for n, found in culprits.items():
                    if found := [danger for danger in found if danger not in _SHOWN]:
                        findings.append((*part[n], found))
            harness.close()
            print(f"Chromium, {profile}: {len(sample)} outputs")
        browser.close()
    return findings


def print_findings(findings: Iterable[tuple[str, str, list[str]]]) -> None:
    """Print how often each danger was found, with the shortest examples."""
    examples: dict[str, list[tuple[str, str]]] = {}
    for text, html, found in findings:
        for danger in found:
            examples.setdefault(danger, []).append((text, html))
    for danger, cases in sorted(examples.items(), key=lambda item: -len(item[1])):
        print(f"{len(cases):6} {danger}")
        for text, html in sorted(cases, key=lambda case: len(case[0]))[:3]:
            print(f"         {text[:200]!r}\n      => {html[:400]!r}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--attacks", type=Path, nargs="*")
    parser.add_argument("--texts", type=Path, nargs="*", default=[])
    parser.add_argument("--apart", type=int, default=1, help="try an attack in every n-th place only")
    parser.add_argument("--browser", type=int, default=0, metavar="N")
    parser.add_argument("--plain", action="store_true", help="all options off")
    given = parser.parse_args()
    options: dict[str, Any] = {"objects": read_objects(TESTS / "conformance" / "objects.json")}
    if not given.plain:
        options |= {"plugins": tuple(PLUGINS), "embeds": True, "angle_shortcuts": True, "repair_encoding": True}
    judge = Judge(options)
    started = time.monotonic()
    files = given.attacks if given.attacks is not None else sorted((TESTS / "security").glob("*.jsonl"))
    for path in files:
        vectors = read_lines(path, "vector")
        before = judge.texts
        for shot in aim(vectors, given.apart):
            judge.take(shot)
        judge.finish()
        print(f"{path}: {len(vectors)} attacks, {judge.texts - before} texts, {time.monotonic() - started:.0f} s")
    for path in given.texts:
        texts = read_lines(path, "text")
        for text in texts:
            for profile in PROFILES:
                judge.take(Shot(text, profile))
        judge.finish()
        print(f"{path}: {len(texts)} texts, {time.monotonic() - started:.0f} s")
    frames = [(text, html) for kept in judge.kept.values() for text, html in kept if "<iframe" in html]
    shown = show_in_browser(judge, given.browser) if given.browser else []
    print(f"{judge.texts} texts, {judge.outputs} different outputs, {len(frames)} of them with a frame")
    print(f"dangerous: {len(judge.findings)} for the parser, {len(shown)} in Chromium")
    print_findings([*((shot.text, html, found) for shot, html, found in judge.findings), *shown])
    sys.exit(1 if judge.findings or shown else 0)


if __name__ == "__main__":
    main()
