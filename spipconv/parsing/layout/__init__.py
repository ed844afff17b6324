"""SPIP's passes over a text: lexemes come in, balanced tokens that the grammar accepts go out."""
