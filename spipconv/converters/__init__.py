"""Converters: a ``Document`` comes in, text in one format goes out. They never see the source text."""
