"""What a migration has to say: issues and counts come in, a summary and the report's files go out."""
