"""Forums of static sites: visitors' messages come in, wait for a moderator, and go out with the pages of the site.

It needs ``pip install "spipconv[comments]"``; importing what is missing says so in one line.
"""
