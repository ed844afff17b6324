"""From the tree to a format: a ``Document`` comes in, a string goes out; none sees the source text."""
