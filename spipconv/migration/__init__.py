"""A whole SPIP site, from its database to the files of another system.

read -> plan -> pages -> writers -> output, all of it driven by run; issues from every step -> report.
"""
