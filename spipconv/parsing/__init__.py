"""From a SPIP text to its tree: a string comes in, a ``Document`` and the diagnostics on the text go out."""
