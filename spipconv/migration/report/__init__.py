"""The report of a migration: issues and counts come in, a summary and the report's files go out."""
