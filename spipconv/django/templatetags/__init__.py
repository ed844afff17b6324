"""Template tags of the Django app: ``{% load spip %}``."""
