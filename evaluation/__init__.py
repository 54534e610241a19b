"""Measure the accuracy of results against known values, for a folder of documents or a generated set."""
