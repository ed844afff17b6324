"""What becomes of each object: the working database comes in, its states, addresses and languages are added to it."""
