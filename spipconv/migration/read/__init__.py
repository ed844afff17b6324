"""From any SPIP database to one form: rows of bytes come in, a working database of clean texts goes out."""
