"""What agents may do with jobs, as tools of the Model Context Protocol: `longhand mcp`.

There are no tools that approve, raise a limit, cancel or erase: those decisions are a person's.
"""
