"""Shortcuts of SPIP's plugins: a scan of a source comes in, and goes out with these shortcuts marked for the layout."""
