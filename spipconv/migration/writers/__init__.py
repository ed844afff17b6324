"""From pages to the files of one target: a ``Page`` comes in, the names and texts of files go out."""
