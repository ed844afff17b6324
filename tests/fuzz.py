"""Run random texts of many kinds through everything that the library does with a text; run by hand.

    python -m tests.fuzz --count 1000000 --jobs 2 --seed 1 --minutes 60

A seed and a number identify a text: ``--first N --count 1`` reads it again. The exit code is 1 if a fault was found.
``tests/parsing/test_robustness.py`` runs ``make_case`` and ``examine`` on a few hundred texts.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import multiprocessing
import os
import queue
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, Literal, NamedTuple, get_args

from markdown_it import MarkdownIt

if __name__ == "__main__" and not __package__:
    # ``python tests/fuzz.py`` puts tests/ on the path, not its parent.
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

import spipconv
from spipconv import Catalogue, Profile, SpipObject, safety
from spipconv.converters import flavours, markdown
from spipconv.nodes import plain_text
from spipconv.plugins import PLUGINS
from spipconv.settings import Typography
from tests.judges import dangers, is_stable, liberties, unclean

HERE = Path(__file__).parent
PROFILES: tuple[Profile, ...] = ("article", "comment", "title")
LANGUAGES = ("fr", "fr", "en", "de", "es", "pt_br", "ar", "eo")
FLAVOURS = {name: value for name, value in vars(flavours).items() if isinstance(value, flavours.Flavour)}
# A step that takes longer on a text of these lengths is a fault (seconds of CPU time).
SLOW = 1.0
# A text that takes longer is given up (seconds of CPU time).
_GIVE_UP = 30.0

# ---- Texts ----

_ACTIVE = "{}{}{}[][]<><>||--->*#_~`\\&;:!?«»'\"$= \n\n\tab1é"
_WORDS = """mot été a b 12 Oui : non ! « x » "y" d'un -- ... www.exemple.org http://exemple.org/a_b?c=1&d=%2F
    moi@exemple.org &amp; &#60; &lt; &nbsp; &copy &#x1F600; &#0; < > & _ * # ~ $ ` \\ = | javascript:alert(1)
    java&#10;script: javascript%3A data:text/html,x art12 #ancre .. / // ?a=b""".split()
_TAGS = """b i u strong em sup sub span div p a img br hr q del ins code pre cadre quote poesie poetry intro html math
    multi table caption tr td th tbody ul ol li dl dt dd h1 h2 blockquote abbr font center script style iframe object
    svg math:x form input select textarea title template noscript xmp plaintext frameset details summary ruby""".split()
_NAMES = (
    "class", "id", "title", "href", "src", "lang", "dir", "onclick", "style", "align", "alt", "name", "target",
    "rel", "cite", "colspan", "width", "aria-label", "data-x", "type", "value", "start",
)  # fmt: skip
_MODELS = "img doc emb im image document audio video formulaire inconnu article rubrique site modele".split()
_LINES = (
    "\n", "\n\n", "\r\n", "\n-* ", "\n-** ", "\n-# ", "\n-## ", "\n- ", "\n-- ", "\n_ ", "\n|", "|\n", "\n----\n",
    "\n    ", "\n> ", "\n# ", "\n```\n", "\n1. ", "\n: ", "\n===\n", "\n\n|{{a}}|{{b}}|\n|1|2|\n\n",
    "\n||c|s||\n|a|\n", "\n|a|<|\n|^|b|\n",
)  # fmt: skip
HOLES = (
    "{{%s}}", "{%s}", "{{{%s}}}", "[%s->http://exemple.org/]", "[%s->art1]", "[a->%s]", "[a|%s->http://a.org]",
    "[%s|b{en}->c]", "[->%s]", "[?%s]", "[?a|%s]", "[?a#%s]", "[%s<-]", "[a|%s]", "[%s|b]", "[[%s]]", "[[<%s>x]]",
    "[[<>%s]]", "m[[<a>%s]]n[[<a>]]", "\n|%s|b|\n|c|d|\n", "\n|{{%s}}|{{b}}|\n|c|d|\n", "\n||%s|s||\n|a|b|\n",
    "\n||c|%s||\n|a|b|\n", "\n-* %s\n-* z\n", "\n-# a\n-## %s\n", "\n- %s\n", "<quote>%s</quote>",
    "<poesie>\n%s\n</poesie>", "<code>%s</code>", '<code class="%s">x</code>', "<code>\n%s\n</code>",
    "<cadre>%s</cadre>", "<html>%s</html>", "<pre>%s</pre>", "<multi>[fr]%s[en]x</multi>", "<multi>[%s]x</multi>",
    "<intro>%s</intro>", "<math>$%s$</math>", "<math>$$%s$$</math>", "`%s`", "```%s\nx\n```", "```\n%s\n```",
    "<img1|%s>", "<doc1|center|titre=%s>", "<inconnu1|%s|a=b>", "[<img1>->%s]", "<:%s:>", "<a href='%s'>x</a>",
    '<a href="x">%s</a>', "<span title='%s'>x</span>", '<b class="%s" id=\'%s\'>x</b>', "<img src='%s' alt='%s'>",
    "<q cite='%s'>x</q>", "<table><tr><td>%s</td></tr></table>", "<table>%s<tr>", "<ul><li>%s", "<p class=x>%s",
    "<div>\n\n%s\n\n</div>", "<!-- %s -->", "<?php %s ?>", "<style>%s</style>", "<script>%s</script>",
    "<del cite='%s'>x</del>", "<blockquote cite=\"%s\">x</blockquote>", "<q title=%s>x</q>", "<a name='%s'>x</a>",
    "<b lang=\"%s\">x</b>", "<img src=x alt=\"%s\">", "<iframe src=\"%s\"></iframe>", "\\%s", "<http://exemple.org/%s>",
    "<a href=\"b\">x<table><tr><td>%s</td></tr></table></a>", "[a <table><tr><td>%s</td></tr></table>->b]",
    "[?%s->http://a.org]", "[[[%s->b]]]", "<poesie>[%s|b]</poesie>", "||[%s|a]|[[%s]]||\n|a|b|\n",
    "http://exemple.org/%s", "«%s»", "\u202e%s\u202c", "<<%s>>", "<%s>", "</%s>",
)  # fmt: skip
# Characters that software gets wrong: letters whose upper or lower case is ASCII, half surrogate pairs, noncharacters,
# invisible characters.
SPECIALS = (
    "\u017f", "\u0131", "\u0130", "\u212a", "\u1e9e", "\ufb01", "\u00aa", "\u01c5", "\u03c2", "\uff1c", "\uff1e",
    "\ud800", "\udfff", "\ud83d\ude00", "\U0001f600", "\U0010ffff", "\U0001fffe", "\ufffe", "\uffff", "\ufdd0",
    "\ufdd1", "\ufdef", "\ufffd", "\ufeff", "\u200b", "\u200c", "\u200d", "\u2060", "\u00ad", "\u034f", "\u061c",
    "\u200e", "\u200f", "\u202a", "\u202e", "\u2066", "\u2069", "\u0301", "\u0338", "\u20d2", "\u3099", "\u0085",
    "\u00a0", "\u1680", "\u2003", "\u2028", "\u2029", "\u202f", "\u3000", "\x00", "\x01", "\x04", "\x07", "\x08",
    "\x0b", "\x0c", "\x0e", "\x1b", "\x1c", "\x1f", "\x7f", "\x80", "\x91", "\x9f", "\ue000", "\uf8ff", "\u0660",
    "\u00b2", "\u2460", "\U000e0041", "\U0001d7d8", "\u0e33", "\u1100", "\uac00", "\u05d0", "\u0627",
)  # fmt: skip
_FORMS = (
    "<%s>x</%s>", "<%s", "<%s class='a'>", "<%s1|left>", "<%s|a=b>", "</%s>", "[a->%s1]", "[->%s12]",
    "<multi>[%s]x</multi>", "<:%s:>", "%s://a.org", "[a->%s:x]", "&%s;", "<b %s='x'>y</b>", "[a|%s->b]",
    "[a{%s}->b]", "```%s\nx\n```",
)  # fmt: skip
# Letters that some programs treat as ASCII letters in names.
_LOOKALIKES = {"s": "\u017f", "i": "\u0131\u0130", "k": "\u212a", "S": "\u017f", "I": "\u0130\u0131", "K": "\u212a"}
_OF_PLUGINS = (
    "[*", "[**", "*]", "[^", "^]", "[/", "/]", "[!", "!]", "[|", "|]", "[(", ")]", "<sc>", "</sc>", "{{{**", "{{{#",
    "{{{*", "{2{", "}2}", "[!sommaire]", "[sommaire]", "[!glossaire]", "\n++++\n", "\n++++titre++++\n", "<md>", "</md>",
    "<markdown>", "</markdown>", "**a**", "\n* a\n", "\n> a\n", "\n```\n", "[a](b)", "![a](b)", "[a]: b", "[^a]",
    "<youtube|id=a>", "<video|url=https://youtu.be/abcdefghijk>", "\n\nhttps://youtu.be/abcdefghijk\n\n", "<onglets>",
    "</onglets>", "(c)", "-->", "Ã©", "â€™", "Ã\u00a0", '<iframe src="//www.youtube.com/embed/abcdefghijk"></iframe>',
)  # fmt: skip
_KINDS = ("active", "fragments", "grammar", "splice", "specials", "names", "attack", "repeat", "letters", "plugins")


class Case(NamedTuple):
    """A text and the options to read it with. ``objects`` says which objects ``[->art1]`` finds."""

    number: int
    kind: str
    text: str
    profile: Profile
    lang: str
    embeds: bool
    angle_shortcuts: bool
    objects: Literal["", "site", "hostile"]
    plugins: tuple[str, ...] = ()
    repair_encoding: bool = False
    typography: Typography = "char"


def make_case(seed: int, number: int) -> Case:
    """Return the text with a number; it is the same on every machine."""
    chance = Random(f"{seed}:{number}")  # noqa: S311
    kind = chance.choice(_KINDS)
    text = GENERATORS[kind](chance)
    if chance.random() < 0.15:
        text = _sprinkle(text, chance)
    return Case(
        number,
        kind,
        text,
        chance.choice(PROFILES),
        chance.choice(LANGUAGES),
        chance.random() < 0.3,
        chance.random() < 0.3,
        chance.choice(("", "site", "hostile")),
        tuple(PLUGINS) if kind == "plugins" or chance.random() < 0.2 else (),
        chance.random() < 0.3,
        chance.choice(get_args(Typography)),
    )


@cache
def kept_texts() -> tuple[str, ...]:
    """Return the texts of the cases in the repository."""
    files = [HERE / "conformance" / "spip44.jsonl", HERE / "diagnostics" / "cases.jsonl"]
    lines = [line for file in files for line in file.read_text("utf-8").split("\n") if line]
    return tuple([str(case["text"]) for case in map(json.loads, lines) if case.get("text")])


@cache
def attacks() -> tuple[str, ...]:
    """Return the attacks in the repository."""
    lines = [
        line for file in sorted((HERE / "security").glob("*.jsonl")) for line in file.read_text("utf-8").split("\n")
    ]
    return tuple([str(json.loads(line)["vector"]) for line in lines if line])


def _active(chance: Random) -> str:
    return "".join(chance.choices(_ACTIVE, k=chance.randrange(1, 80)))


def _fragment(chance: Random) -> str:
    drawn = chance.random()
    if drawn < 0.45:
        return chance.choice(_WORDS)
    if drawn < 0.6:
        return chance.choice(_LINES)
    if drawn < 0.75:
        return _tag(chance)
    if drawn < 0.95:
        return chance.choice(
            (" ", " ", "{{", "}}", "{", "}", "{{{", "}}}", "[", "]", "[[", "]]", "->", "|", "<-", "[?")
        )
    return chance.choice(SPECIALS)


def _fragments(chance: Random) -> str:
    return "".join([_fragment(chance) for _ in range(chance.randrange(1, 30))])


def _tag(chance: Random) -> str:
    name = chance.choice(_TAGS)
    drawn = chance.random()
    if drawn < 0.4:
        return f"</{name}>"
    if drawn < 0.7:
        return f"<{name}>"
    quotes = chance.choice(('"', "'", ""))
    return (
        f"<{name} {chance.choice(_NAMES)}={quotes}{chance.choice(_WORDS)}{quotes}{chance.choice(('>', ' >', '/>', ''))}"
    )


def _grammar(chance: Random, depth: int = 0) -> str:
    parts: list[str] = []
    for _ in range(chance.randrange(1, 4)):
        if depth < chance.randrange(1, 6) and chance.random() < 0.75:
            parts.append(chance.choice(HOLES).replace("%s", _grammar(chance, depth + 1)))
        else:
            parts.append(_fragment(chance))
        if chance.random() < 0.2:
            parts.append(chance.choice((" ", "\n\n", "\n")))
    return "".join(parts)


def _splice(chance: Random) -> str:
    texts = kept_texts() if chance.random() < 0.7 else attacks()
    text = chance.choice(texts)[:400]
    for _ in range(chance.randrange(1, 6)):
        place, other = chance.randrange(len(text) + 1), chance.randrange(len(text) + 1)
        first, last = sorted((place, other))
        match chance.randrange(6):
            case 0:
                piece = chance.choice(kept_texts())
                text = text[:place] + piece[chance.randrange(len(piece) + 1) :][:200]
            case 1:
                text = text[:first] + text[last:]
            case 2:
                text = text[:last] + text[first:][:200]
            case 3:
                text = text[:place] + _fragment(chance) + text[place:]
            case 4:
                text = text[:place] + chance.choice(_ACTIVE) + text[place + 1 :]
            case _:
                text = text[:first] + text[first:last].swapcase() + text[last:]
    return text


def _specials(chance: Random) -> str:
    return "".join(
        [
            chance.choice(SPECIALS) if chance.random() < 0.5 else _fragment(chance)
            for _ in range(chance.randrange(1, 20))
        ]
    )


def _names(chance: Random) -> str:
    """Return names of markup with letters that are not what they look like, or in another case."""
    parts: list[str] = []
    for _ in range(chance.randrange(1, 4)):
        form = chance.choice(_FORMS)
        name = chance.choice((*_TAGS, *_MODELS, *_NAMES, "javascript", "http", "mailto", "rubrique", "lt", "fr"))
        name = chance.choice((str, str.upper, str.title, str.swapcase))(name)
        if chance.random() < 0.7:
            name = "".join(
                [chance.choice(_LOOKALIKES.get(letter, letter)) if chance.random() < 0.6 else letter for letter in name]
            )
        if chance.random() < 0.2:
            place = chance.randrange(len(name) + 1)
            name = name[:place] + chance.choice(SPECIALS) + name[place:]
        parts.append(form.replace("%s", name))
    return chance.choice((" ", "", "\n")).join(parts)


def _attack(chance: Random) -> str:
    text = chance.choice(attacks())
    for _ in range(chance.randrange(3)):
        text = chance.choice(HOLES).replace("%s", text)
    return text


def _repeat(chance: Random) -> str:
    unit = "".join([_fragment(chance) for _ in range(chance.randrange(1, 4))]) or "a"
    # Most texts are short; one in a hundred is long enough to reveal more than linear time.
    size = 30_000 if chance.random() < 0.01 else chance.choice((50, 200, 600))
    times = size // len(unit) + 1
    ending = _fragment(chance) * times if chance.random() < 0.2 else _fragment(chance)
    return _fragment(chance) + unit * times + ending[:size]


def _plugins(chance: Random) -> str:
    """Return shortcuts of plugins, halves of them too, among those of SPIP."""
    parts = [chance.choice(_OF_PLUGINS) if chance.random() < 0.5 else _fragment(chance) for _ in range(20)]
    return "".join(parts[: chance.randrange(1, 20)])


def _letters(chance: Random) -> str:
    tops = (0x80, 0x100, 0x300, 0x3000, 0x10000, 0x110000)
    return "".join([chr(chance.randrange(chance.choice(tops))) for _ in range(chance.randrange(1, 60))])


def _sprinkle(text: str, chance: Random) -> str:
    for _ in range(chance.randrange(1, 4)):
        place = chance.randrange(len(text) + 1)
        text = text[:place] + chance.choice(SPECIALS) + text[place:]
    return text


GENERATORS: dict[str, Callable[[Random], str]] = {
    "active": _active,
    "attack": _attack,
    "fragments": _fragments,
    "grammar": _grammar,
    "letters": _letters,
    "names": _names,
    "plugins": _plugins,
    "repeat": _repeat,
    "specials": _specials,
    "splice": _splice,
}

# ---- What becomes of them ----


class HostileObjects:
    """A site on which every object exists, and every field of every object is an attack."""

    site_address = "https://spip.test/"

    def find(self, kind: str, number: int) -> SpipObject | None:
        """Return an object with hostile fields; every seventh does not exist."""
        if number % 7 == 0:
            return None
        chance = Random(f"{kind}:{number}")  # noqa: S311

        def field() -> str:
            return chance.choice(attacks()) if chance.random() < 0.7 else ""

        return SpipObject(
            kind, number, title=field(), language=field(), address=field(), file=field(), extension=field(),
            media=chance.choice(("", "image", "file", field())), mode=field(), width=number, height=-number,
            weight=number * 1000, description=field(), credits=field(), alternative=field(), thumbnail=field(),
        )  # fmt: skip

    def translate(self, original: SpipObject, language: str) -> SpipObject | None:
        """Return another hostile object."""
        return self.find(original.kind, original.number + 1)


@cache
def _site() -> Catalogue:
    return spipconv.read_objects(HERE / "conformance" / "objects.json")


def convert(case: Case, *, sanitizer: safety.Sanitizer = "nh3") -> Iterator[tuple[str, str]]:
    """Yield every output of the library for a text, with its name."""
    objects = {"": None, "site": _site(), "hostile": HostileObjects()}[case.objects]
    parsed = spipconv.parse(
        case.text,
        profile=case.profile,
        lang=case.lang,
        objects=objects,
        embeds=case.embeds,
        angle_shortcuts=case.angle_shortcuts,
        plugins=case.plugins,
        repair_encoding=case.repair_encoding,
        typography=case.typography,
    )
    document = parsed.document
    for format in get_args(spipconv.Format):
        if format == "markdown":
            continue
        yield format, spipconv.render(document, format, profile=case.profile, sanitizer=sanitizer)
    for name, flavour in FLAVOURS.items():
        yield f"markdown {name}", markdown.write(document, profile=case.profile, flavour=flavour)
    yield "words", plain_text(document.children)
    yield "remarks", "\n".join([f"{item.code} {item.line} {item.column} {item.message}" for item in parsed.diagnostics])


def digest(case: Case) -> str:
    """Return a digest of all outputs for a text; an exception is an output too."""
    try:
        written = "\0".join([f"{name}\0{text}" for name, text in convert(case)])
    except Exception as error:
        written = f"{type(error).__name__}: {error}"
    return hashlib.sha256(written.encode("utf-8", "surrogatepass")).hexdigest()[:24]


def examine(case: Case, *, thoroughly: bool = False) -> tuple[list[str], float]:
    """Return the faults in all outputs for a text, and the CPU time of the longest step.

    ``thoroughly``: run the slow judges too.
    """
    faults: list[str] = []
    longest, step, html = 0.0, "parse and html", ""
    start = time.process_time()
    try:
        for name, text in convert(case):
            longest = max(longest, took := time.process_time() - start)
            if took > SLOW:
                faults.append(f"slow: {name} took {took:.1f} s for {len(case.text)} characters")
            if wrong := unclean(text):
                faults.append(f"unclean: {name} holds {' '.join(sorted(wrong))}")
            if name == "html":
                html = text
            elif name == "markdown COMMONMARK" and thoroughly:
                faults += [f"danger in Markdown: {danger}" for danger in _dangers(_show(text, case.profile), case)]
            step = f"after {name}"
            start = time.process_time()
    except Exception as error:
        return [f"{type(error).__name__} {step}: {str(error)[:200]}"], longest
    once = safety.clean(html)
    if _PARSED_AWAY.sub("", safety.clean(once)) != _PARSED_AWAY.sub("", once):
        faults.append("unstable: cleaning it again gives another result")
    if thoroughly:
        faults += [*_judge(html, case), *_compare_sanitizers(html, case)]
    return faults, longest


def _dangers(html: str, case: Case) -> list[str]:
    return [danger for danger in sorted(dangers(html)) if not (case.embeds and danger == "element iframe")]


# Parsers drop these each time they parse: newlines immediately after the tag of a pre, byte order marks at the start.
_PARSED_AWAY = re.compile(r"(?<=<pre>)\n+|\A\ufeff+")


@cache
def _reader() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def _show(source: str, profile: Profile) -> str:
    page = str(_reader().renderInline(source) if profile == "title" else _reader().render(source))
    # The reader aligns columns with a style.
    return re.sub(r'(?<=<t[dh]) style="text-align:[a-z]+"', "", page)


def _judge(html: str, case: Case) -> list[str]:
    faults = [f"danger: {danger}" for danger in _dangers(html, case)]
    if case.profile == "comment" and not case.plugins:
        faults += [f"liberty: {liberty}" for liberty in liberties(html)]
    if not is_stable(html):
        faults.append("unstable: parsing it again gives another tree")
    return faults


def _compare_sanitizers(html: str, case: Case) -> list[str]:
    try:
        other = next(text for name, text in convert(case, sanitizer="bleach") if name == "html")
    except Exception as error:
        return [f"{type(error).__name__} with bleach: {str(error)[:200]}"]
    faults = [f"danger with bleach: {danger}" for danger in _dangers(other, case)]
    if wrong := unclean(other):
        faults.append(f"unclean: html with bleach holds {' '.join(sorted(wrong))}")
    return faults


# ---- The runs ----


class _TooLong(BaseException):
    """A text took so long that it is given up."""


def _give_up(*_: object) -> None:
    raise _TooLong


def _work(seed: int, numbers: Sequence[int], every: int, end: float, results: Any) -> None:
    """Examine texts in a separate process; report their faults and, from time to time, the progress."""
    if sys.platform != "win32":
        signal.signal(signal.SIGVTALRM, _give_up)
    done, characters, longest = 0, 0, 0.0
    for number in numbers:
        case = make_case(seed, number)
        try:
            if sys.platform != "win32":
                signal.setitimer(signal.ITIMER_VIRTUAL, _GIVE_UP)
            faults, took = examine(case, thoroughly=number % every == 0)
        except _TooLong:
            faults, took = [f"no end after {_GIVE_UP} s of CPU time"], _GIVE_UP
        finally:
            if sys.platform != "win32":
                signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        done, characters, longest = done + 1, characters + len(case.text), max(longest, took)
        if faults:
            results.put(("faults", number, faults))
        if done % 500 == 0:
            results.put(("done", 500, characters, longest))
            characters = 0
            if time.monotonic() > end:
                break
    results.put(("done", done % 500, characters, longest))
    results.put(("end",))


def run(seed: int, first: int, count: int, jobs: int, minutes: float, every: int) -> int:
    """Examine many texts and print their faults; return how many texts have faults."""
    context = multiprocessing.get_context("spawn")
    results: Any = context.Queue()
    start = time.monotonic()
    workers = [
        context.Process(
            target=_work,
            args=(seed, range(first + job, first + count, jobs), every, start + 60 * minutes, results),
            daemon=True,
        )
        for job in range(jobs)
    ]
    for worker in workers:
        worker.start()
    running, done, characters, longest, said = jobs, 0, 0, 0.0, start
    kinds: Counter[str] = Counter()
    faulty = 0
    while running:
        try:
            message = results.get(timeout=30)
        except queue.Empty:
            if not any(worker.is_alive() for worker in workers):
                print("a process ended unexpectedly", flush=True)
                faulty += 1
                break
            continue
        if message[0] == "end":
            running -= 1
        elif message[0] == "done":
            done, characters, longest = done + message[1], characters + message[2], max(longest, message[3])
        else:
            faulty += 1
            for fault in message[2]:
                kind = fault[:60]
                kinds[kind] += 1
                if kinds[kind] <= 3:
                    case = make_case(seed, message[1])
                    print(f"{fault}\n    {case._replace(text=case.text[:300])!a}", flush=True)
        if time.monotonic() - said > 60:
            said = time.monotonic()
            print(f"... {done:,} texts in {said - start:,.0f} s, {faulty} with faults", flush=True)
    print(
        f"{done:,} texts of {characters:,} characters in {time.monotonic() - start:,.0f} s (seed {seed}, from {first}):"
        f" {faulty} with faults; the longest step took {longest:.3f} s of CPU time"
    )
    for kind, number in kinds.most_common():
        print(f"{number:8} {kind}")
    return faulty


def compare(seed: int, count: int, minutes: float) -> int:
    """Compare the outputs for texts with other hash seeds, with a low recursion limit, and in 16 threads."""
    cases = [make_case(seed, number) for number in range(count)]
    usual = [digest(case) for case in cases]
    differences = 0
    with ThreadPoolExecutor(16) as threads:
        ways = {"16 threads": list(threads.map(digest, cases))}
    for hash_seed, limit in (("1", 0), ("4242", 0), ("0", 300)):
        name = f"PYTHONHASHSEED={hash_seed}" + (f", recursion limit {limit}" if limit else "")
        ways[name] = digests_elsewhere(seed, count, hash_seed, limit, minutes)
    for name, others in ways.items():
        different = [number for number in range(count) if others[number : number + 1] != usual[number : number + 1]]
        print(f"{count:,} texts, {name}: {len(different)} different {different[:5]}", flush=True)
        differences += len(different)
    return differences


def digests_elsewhere(seed: int, count: int, hash_seed: str, limit: int, minutes: float = 10) -> list[str]:
    """Return the digests of texts from another process; ``limit`` is its recursion limit, or 0."""
    command = [sys.executable, "-m", "tests.fuzz", "--digests", "--seed", str(seed), "--count", str(count)]
    done = subprocess.run(
        [*command, "--recursion-limit", str(limit)],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        cwd=HERE.parent,
        capture_output=True,
        text=True,
        timeout=60 * minutes,
        check=True,
    )
    return done.stdout.split()


def print_digests(seed: int, count: int, limit: int) -> None:
    """Print the digests of texts."""
    if limit:
        # Loading happens once, at the first text, and may recurse more deeply.
        digest(make_case(seed, 0))
        kept_texts(), attacks(), _site()
        sys.setrecursionlimit(limit)
    for number in range(count):
        print(digest(make_case(seed, number)))


def main() -> int:
    """Read the command line."""
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("--count", type=int, default=100_000)
    reader.add_argument("--first", type=int, default=0, help="number of the first text")
    reader.add_argument("--seed", type=int, default=1)
    reader.add_argument("--jobs", type=int, default=2)
    reader.add_argument("--minutes", type=float, default=60)
    reader.add_argument("--every", type=int, default=50, help="run the slow judges on every N-th text")
    reader.add_argument("--compare", type=int, default=0, metavar="N", help="compare N texts in threads and processes")
    reader.add_argument("--digests", action="store_true", help="print digests only")
    reader.add_argument("--recursion-limit", type=int, default=0)
    options = reader.parse_args()
    if options.digests:
        print_digests(options.seed, options.count, options.recursion_limit)
        return 0
    if options.compare:
        return int(compare(options.seed, options.compare, options.minutes) > 0)
    faulty = run(options.seed, options.first, options.count, options.jobs, options.minutes, max(options.every, 1))
    return int(faulty > 0)


if __name__ == "__main__":
    sys.exit(main())
