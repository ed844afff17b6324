"""Django: with ``spipconv.django`` among INSTALLED_APPS, ``{% load spip %}{{ comment.text|spip }}``."""
