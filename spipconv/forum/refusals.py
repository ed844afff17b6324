"""Why the forum refuses requests, beside the reasons of all servers; and which field of the form a reason is about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from spipconv.translations import mark
from spipconv.web.refusals import Reason, Reasons

REASONS: Final = Reasons(
    {
        "no-page": Reason(404, mark("This page has no forum.")),
        "forum-closed": Reason(403, mark("This forum is closed: it takes no new messages.")),
        "no-author": Reason(422, mark("Write your name.")),
        "author-too-long": Reason(422, mark("Your name is too long: the limit is {detail} characters.")),
        "wrong-email": Reason(422, mark("This is not an e-mail address: correct it, or leave the field empty.")),
        "email-needed": Reason(422, mark("Write your e-mail address to be told of replies, or untick that box.")),
        "wrong-url": Reason(422, mark("This is not the address of a web page: correct it, or leave the field empty.")),
        "title-too-long": Reason(422, mark("The title is too long: the limit is {detail} characters.")),
        "no-text": Reason(422, mark("Write your message.")),
        "text-too-long": Reason(
            422, mark("Your message is too long: the limit is {detail} characters."), is_number=True
        ),
        "wrong-parent": Reason(
            422, mark("The message that you answer is no longer here: yours can be sent as a new message.")
        ),
        "trap": Reason(422, mark("Leave the field “{detail}” empty: only programs fill it in.")),
        "too-fast": Reason(429, mark("That was very quick: wait {detail}\u00a0s, then send your message again.")),
        "token-ended": Reason(422, mark("This form was open for too long: please send your message again.")),
        "form-used": Reason(
            409,
            mark("This form has already sent a message. If this is another one, send it again."),
        ),
        "too-many-messages": Reason(
            429, mark("You have sent many messages in a short time: wait {detail}\u00a0s, then send this one.")
        ),
        "blocked": Reason(403, mark("Messages from you are not accepted before {detail}.")),
        "not-yours": Reason(404, mark("This message cannot be taken back at this address.")),
        "too-late": Reason(
            410, mark("The time in which you could take your message back is over: ask the site's administrators.")
        ),
        "not-logged-in": Reason(403, mark("Only moderators can do this: log in, then try again.")),
        "form-ended": Reason(403, mark("This page is out of date: load it again, then try again.")),
        "no-link": Reason(404, mark("This link is not complete: copy it from the mail as a whole.")),
        "link-ended": Reason(410, mark("This link has ended.")),
        "no-subscriptions": Reason(404, mark("This forum sends no mails.")),
        "not-stored": Reason(503, mark("Your message could not be stored: please send it again in a few minutes.")),
    }
)

# By code: the field of the form to correct.
FIELDS: Final[Mapping[str, str]] = {
    "no-author": "author",
    "author-too-long": "author",
    "wrong-email": "email",
    "email-needed": "email",
    "wrong-url": "url",
    "title-too-long": "title",
    "no-text": "text",
    "text-too-long": "text",
}
