"""The function worker: a Lambda function that runs durable workflows, one announced task in each invocation.

It has no address of its own: workers invoke it. It keeps no state between two invocations.
"""
