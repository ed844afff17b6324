"""Threads as visitors get them: a page comes in; its published messages go out, in reading order or the newest only."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence

from msgspec import Struct

from spipconv.forum.parts import take_part
from spipconv.forum.records import Message, Page
from spipconv.forum.store.store import Store
from spipconv.forum.threads import arrange, show
from spipconv.migration.pages.threads import Place
from spipconv.migration.writers.comments import MessageObject, message_object

# Messages in an answer, and on a page: rendering them takes some 50 ms.
MOST_MESSAGES = 100
# Characters of these messages together.
_MOST_CHARACTERS = 100_000
# Threads whose order is remembered.
_MOST_THREADS = 50


class Thread(Struct, frozen=True):
    """The published messages of a page at one of its revisions: their places in reading order, and by number."""

    revision: int
    places: tuple[Place, ...]
    numbers: dict[int, int]
    authors: dict[int, str]
    # Characters of their texts.
    lengths: dict[int, int]
    # Numbers in the order in which the messages were published.
    published: tuple[int, ...]

    def take_part(self, numbers: Sequence[int]) -> Sequence[int]:
        """Return the first of some messages, as many as are shown at once."""
        first = numbers[:MOST_MESSAGES]
        return take_part(first, [self.lengths[number] for number in first], MOST_MESSAGES, _MOST_CHARACTERS)

    def since(self, after: int) -> tuple[int, ...]:
        """Return the numbers of those published after the message with a number, also if theirs are smaller.

        All of them if there is no such message.
        """
        if after not in self.numbers:
            return self.published
        return self.published[self.published.index(after) + 1 :]


class Threads:
    """The threads of pages; the order of the latest ones is remembered until something in them changes."""

    def __init__(self) -> None:
        self._threads: OrderedDict[int, Thread] = OrderedDict()

    def of(self, store: Store, page: Page) -> Thread:
        """Return the thread of a page."""
        thread = self._threads.pop(page.id, None)
        if thread is None or thread.revision != page.revision:
            thread = _read(page.revision, store.messages.of_page(page.id))
        self._threads[page.id] = thread
        while len(self._threads) > _MOST_THREADS:
            self._threads.popitem(last=False)
        return thread


def _read(revision: int, messages: Iterable[Message]) -> Thread:
    known = {message.id: message for message in messages}
    places = tuple(arrange(known.values()))
    numbers = {place.number: index for index, place in enumerate(places)}
    authors = {place.number: known[place.number].author for place in places}
    lengths = {place.number: len(known[place.number].text) for place in places}
    published = tuple(sorted(numbers, key=lambda number: (known[number].changed, number)))
    return Thread(revision, places, numbers, authors, lengths, published)


def show_messages(store: Store, thread: Thread, numbers: Iterable[int]) -> list[MessageObject]:
    """Return messages of a thread as the data files have them, in reading order."""
    shown: list[MessageObject] = []
    for index in sorted(thread.numbers[number] for number in numbers):
        place = thread.places[index]
        message = store.messages.get(place.number)
        if message is not None:
            shown.append(message_object(show(message, place, thread.authors.get(place.parent, "")), "escape"))
    return shown


def show_alone(message: Message) -> MessageObject:
    """Return a message as the data files will have it, but for its place in the thread."""
    return message_object(show(message, Place(message.id, 0, 0, is_moved=False), ""), "escape")
