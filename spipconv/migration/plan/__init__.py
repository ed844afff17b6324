"""The plan of the new site: the working database comes in; states, addresses and languages of its objects are added to
it.
"""
