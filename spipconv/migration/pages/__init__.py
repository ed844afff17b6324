"""From planned objects to pages for any target: rows come in, ``Page`` values with parsed texts go out."""
