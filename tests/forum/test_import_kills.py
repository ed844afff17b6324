"""An import that is killed, or whose disk is full, has stored whole messages, and the next one brings the others."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from spipconv.forum.upkeep import check
from tests.forum.moving import Moved
from tests.forum.test_import_of_spip import row
from tests.hard_sites import make_site

if sys.platform == "win32":
    pytest.skip("signals and limits of POSIX", allow_module_level=True)

pytestmark = pytest.mark.slow

_MESSAGES = 600


def source_of(folder: Path) -> Path:
    rows = [
        row(number, number - 1 if number % 50 else 0, id_objet=number // 50 % 3 + 1, texte=f"texte {number} " * 50)
        for number in range(1, _MESSAGES + 1)
    ]
    return make_site(folder / "spip.sqlite", {"forum": rows})


def start(forum: Moved, source: Path, run: int, limit: int = 0) -> subprocess.Popen[str]:
    work = source.with_name(f"work-{run}")
    work.mkdir()
    return subprocess.Popen(
        [sys.executable, "-m", "tests.forum.importing", str(forum.path), str(work), str(source), str(limit)],
        stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parent.parent.parent,
    )  # fmt: skip


def assert_whole(forum: Moved) -> int:
    """Check that the messages of a base are whole and in their threads; return how many there are."""
    assert check(forum.path) == []
    found = forum.messages()
    for number, message in found.items():
        assert message.text == f"texte {number} " * 50
        assert message.parent == (number - 1 if number % 50 and found.get(number - 1, message).page == message.page
                                  and number > 1 else 0)  # fmt: skip
        assert not message.parent or message.parent in found
    return len(found)


def test_a_killed_import_goes_on(tmp_path: Path) -> None:
    source, forum = source_of(tmp_path), Moved(tmp_path, "article1", "article2", "article3")
    counts = [0]
    for run in range(4):
        with start(forum, source, run) as process:
            assert process.stdout is not None
            # The pages, and some of the messages.
            for _ in range(8 + run):
                assert process.stdout.readline() == "stored\n"
            # In the midst of a transaction, or in the next one.
            time.sleep(0.003 * run)
            process.send_signal(signal.SIGKILL)
        counts.append(assert_whole(forum))
        assert 0 < counts[-1] < _MESSAGES
    with start(forum, source, 99) as process:
        out, _ = process.communicate(timeout=60)
    assert out.splitlines()[-1] == f"done {_MESSAGES - counts[-1]} {counts[-1]}"
    assert assert_whole(forum) == _MESSAGES


def test_a_full_disk_stops_an_import_and_the_next_one_goes_on(tmp_path: Path) -> None:
    source, forum = source_of(tmp_path), Moved(tmp_path, "article1", "article2", "article3")
    with start(forum, source, 0, 150_000) as process:
        out, _ = process.communicate(timeout=60)
    assert out.splitlines()[-1].startswith("refused "), out
    assert 0 <= assert_whole(forum) < _MESSAGES
    with start(forum, source, 1) as process:
        out, _ = process.communicate(timeout=60)
    assert out.splitlines()[-1].startswith("done ")
    assert assert_whole(forum) == _MESSAGES
