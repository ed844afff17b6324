"""The classifier: a message comes in, how much it is like spam goes out. It sorts the queue and decides nothing.

It is naive Bayes over the words that occur in a message, learned from what moderators accepted and what they called
spam. What they refused for other reasons teaches it nothing.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from itertools import islice
from urllib.parse import urlsplit

from spipconv.forum.records import Message, Status
from spipconv.forum.store.words import Words

# Of one message: of its beginning, so many characters and so many different words are read.
_LONGEST_TEXT = 20_000
_MOST_WORDS = 300
# The words that tell most; more of them would only make every score 0 or 1.
_MOST_TELLING = 40
# The table keeps about so many words: before it has more, those that occurred once are forgotten, then those twice …
MOST_KEPT = 200_000
_WORD = re.compile(r"\w+")
_LONGEST_WORD = 30
_SHORTEST_WORD = 3
_UNDECIDED = 0.5


def score(words: Words, message: Message) -> float:
    """Return a number from 0 (like what was accepted) to 1 (like spam); 0.5 as long as one of both is unknown."""
    present = words_of(message)
    counts = words.counts(("", *present))
    accepted, spam = counts.pop("", (0, 0))
    if not accepted or not spam:
        return _UNDECIDED
    evidence = sorted((_evidence(*counts[word], accepted, spam) for word in counts), key=abs, reverse=True)
    return 1 / (1 + math.exp(-math.fsum(evidence[:_MOST_TELLING])))


def _evidence(in_accepted: int, in_spam: int, accepted: int, spam: int) -> float:
    """Return the logarithm of how many times as likely a word is in spam, with one message of each more than there
    are, so that a word seen once proves little.
    """
    return math.log((in_spam + 1) / (spam + 2)) - math.log((in_accepted + 1) / (accepted + 2))


def learn(words: Words, message: Message, status: Status) -> None:
    """Count a message that a moderator gave a status."""
    _add(words, message, status, 1)


def unlearn(words: Words, message: Message, status: Status) -> None:
    """Take back what ``learn`` counted."""
    _add(words, message, status, -1)


def _add(words: Words, message: Message, status: Status, times: int) -> None:
    if status not in ("publie", "spam"):
        return
    present = ("", *words_of(message))
    if status == "publie":
        words.add(present, times, 0)
    else:
        words.add(present, 0, times)
    if times > 0:
        _forget_rare(words)


def _forget_rare(words: Words) -> None:
    most = 1
    while words.size() > MOST_KEPT:
        words.forget_rare(most)
        most *= 2


def words_of(message: Message) -> frozenset[str]:
    """Return the different words of a message that are counted: of its text, its title, its author, its addresses."""
    host = f"host:{_host(message.url)}"
    return frozenset(islice(dict.fromkeys((host, *_words(message))), _MOST_WORDS))


def _words(message: Message) -> Iterator[str]:
    text = f"{message.author}\n{message.title}\n{message.text[:_LONGEST_TEXT]}".casefold()
    for match in _WORD.finditer(text):
        if _SHORTEST_WORD <= len(match[0]) <= _LONGEST_WORD:
            yield match[0]


def _host(address: str) -> str:
    try:
        return (urlsplit(address).hostname or "")[:_LONGEST_WORD]
    except ValueError:
        return ""
