"""Another key: what was sealed is sealed again, or forgotten if the key is lost; base and key always fit."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from spipconv.commands import main
from spipconv.forum.clock import read_clock
from spipconv.forum.keys import InvalidToken, KeyFileError, key_file, read_key_file
from spipconv.forum.opening import load_keys, lock_forum
from spipconv.forum.privacy import copy
from spipconv.forum.rekeying import change_key, replace_lost_key
from spipconv.forum.sessions import begin_session, find_login
from spipconv.forum.store.base import open_base
from spipconv.forum.store.errors import StoreError
from spipconv.forum.upkeep import check
from tests.forum.bases import NOW, make_base
from tests.forum.test_privacy import ANNE, add_all_of_anne


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = make_base(tmp_path)
    keys = load_keys(path)
    with open_base(path) as store:
        add_all_of_anne(store, keys)
        store.moderators.add("Moderator", "hash", NOW, keys.seal(b"moderator@example.org"))
        store.blocks.put("email", keys.digest_email(ANNE).hex(), "", NOW + 1)
        store.blocks.put("email", keys.digest_email("nobody@example.org").hex(), "", NOW + 1)
    return path


def data_of_anne(path: Path) -> dict[str, object]:
    with open_base(path, reads_only=True) as store:
        return dict(msgspec.to_builtins(copy(store, load_keys(path), ANNE, NOW)))


def test_a_new_key_finds_and_opens_all_that_the_old_one_did(path: Path) -> None:
    old, before = load_keys(path), data_of_anne(path)
    assert change_key(path) == 6
    new = load_keys(path)
    assert new.name != old.name
    assert len(read_key_file(key_file(path))) == 1
    assert data_of_anne(path) == before
    assert check(path) == []
    with open_base(path, reads_only=True) as store:
        moderator = store.moderators.find("Moderator")
        assert moderator
        assert moderator.email
        assert new.open(moderator.email) == b"moderator@example.org"
        # Nobody can tell whom the other block is about.
        assert [block.value for block in store.blocks.active(NOW)] == [new.digest_email(ANNE).hex()]
        assert store.messages.of_person(old.digest_email(ANNE)) == []
    with pytest.raises(InvalidToken):
        new.verify("link", old.sign("link", [1], NOW), NOW)


def test_with_a_new_key_moderators_log_in_again(path: Path) -> None:
    now = read_clock()
    with open_base(path) as store:
        moderator = store.moderators.find("Moderator")
        assert moderator
        secret = begin_session(store, moderator, "", now)
        assert find_login(store, secret, now)
    change_key(path)
    with open_base(path, reads_only=True) as store:
        assert find_login(store, secret, now + 1) is None


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_no_other_user_can_hold_the_lock_of_a_base(path: Path) -> None:
    lock = lock_forum(path)
    lock.release()
    assert path.with_name(f"{path.name}.lock").stat().st_mode & 0o077 == 0


def test_a_lost_key_costs_the_addresses_only(path: Path) -> None:
    key_file(path).unlink()
    assert replace_lost_key(path) == 6
    assert data_of_anne(path)["messages"] == []
    with open_base(path, reads_only=True) as store:
        assert len(store.messages.of_page(1)) == 4
        assert store.addresses.all() == []
        assert store.blocks.active(NOW) == []
        assert store.moderators.find("Moderator")
    assert check(path) == []


def test_a_key_that_is_there_is_not_lost(path: Path) -> None:
    before = key_file(path).read_bytes()
    with pytest.raises(KeyFileError, match="it is there"):
        replace_lost_key(path)
    assert key_file(path).read_bytes() == before


def test_no_key_is_changed_while_a_server_runs(path: Path) -> None:
    lock = lock_forum(path)
    with pytest.raises(StoreError, match="a server is running on it"):
        lock_forum(path)
    lock.release()
    lock_forum(path).release()


_CHANGE = """
import os, signal, sys
from pathlib import Path
from spipconv.forum import rekeying
from spipconv.forum.store import base
kill = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
if sys.argv[2] == "base":
    from spipconv.forum.store.addresses import Addresses
    Addresses.rename = kill
elif sys.argv[2] == "file":
    write = rekeying.write_key_file
    rekeying.write_key_file = lambda path, *keys: write(path, *keys) if len(keys) == 2 else kill()
rekeying.change_key(Path(sys.argv[1]))
"""


@pytest.mark.parametrize("when", ["base", "file"])
def test_base_and_key_fit_whenever_the_change_is_killed(path: Path, when: str) -> None:
    if sys.platform == "win32":
        pytest.skip("signals of POSIX")
    before = data_of_anne(path)
    ended = subprocess.run([sys.executable, "-c", _CHANGE, path, when], check=False)
    assert ended.returncode == -signal.SIGKILL
    assert data_of_anne(path) == before
    assert check(path) == []
    assert change_key(path) == 6
    assert data_of_anne(path) == before


@pytest.mark.parametrize(("options", "words"), [([], "sealed with it: 6"), (["--lost"], "forgotten: 6")])
def test_the_command_says_what_was_done(path: Path, options: list[str], words: str) -> None:
    if options:
        key_file(path).unlink()
    shown = CliRunner().invoke(main, ["comments", "key", str(path), *options])
    assert shown.exit_code == 0
    assert words in shown.stdout
