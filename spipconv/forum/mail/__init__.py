"""Mails of a forum: what happened to messages comes in, and letters to moderators and readers go out, each once."""
