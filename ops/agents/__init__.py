"""What agents may do with jobs, as tools of the Model Context Protocol: `longhand mcp`.

No tool approves, raises a limit, cancels or erases: a person decides that.
"""
