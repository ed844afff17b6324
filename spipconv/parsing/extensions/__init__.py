"""What extensions add to a text: their shortcuts are marked in its scan, then written; its tree goes through them."""
