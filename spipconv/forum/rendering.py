"""A message of the forum comes in, what pages, queue, mails and feeds show of its text goes out."""

from __future__ import annotations

from spipconv.comments import publish
from spipconv.forum.records import Message


def render_message(message: Message) -> str:
    """Return the safe HTML of a message's text, with its notes, whose ids no other message on the page has."""
    return publish(message.text, message.language, notes_suffix=f"-{message.id}").html
