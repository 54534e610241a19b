"""The whole system on a laptop, from the parts that are deployed."""
