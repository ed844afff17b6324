"""Why the preview refuses requests, beside the reasons of all servers."""

from __future__ import annotations

from spipconv.translations import mark
from spipconv.web.refusals import Reason, Reasons

REASONS = Reasons(
    {
        "preview-too-large": Reason(
            413,
            mark("The preview of this message would exceed {detail}: use fewer notes, tables or lists, or shorten it."),
            is_size=True,
        ),
        "no-text": Reason(422, mark("The “text” field is missing.")),
        "wrong-text": Reason(422, mark("“text” must be a string.")),
    }
)
