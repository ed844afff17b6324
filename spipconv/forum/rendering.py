"""A message of the forum comes in, what pages, queue, mails and feeds show of its text goes out."""

from __future__ import annotations

from functools import lru_cache

from spipconv.converters import html
from spipconv.forum.records import Message
from spipconv.parsing.parser import parse
from spipconv.trees import rename_notes


def render_message(message: Message) -> str:
    """Return the safe HTML of a message's text, with its notes, whose ids no other message on the page has.

    It is what ``spipconv.comments.publish`` returns, but for the element around the notes: the data files of a
    migration have none, and those of an export are the same.
    """
    return _render(message.id, message.text, message.language)


# A file of messages is followed by the feed with the same ones.
@lru_cache(maxsize=512)
def _render(number: int, text: str, language: str) -> str:
    written = html.write(rename_notes(parse(text, profile="comment", lang=language).document, f"-{number}"))
    return f"{written.body}{written.notes}".strip()
