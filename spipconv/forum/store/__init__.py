"""The base of a forum, an SQLite file: records come in and go out, in transactions that end on the disk."""
