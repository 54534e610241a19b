"""The keeper's queries: lists of jobs and decisions, counts and trees, from the server's own tables.

Every query is bounded: it walks one index, and looks at no more than a fixed number of rows.
"""
