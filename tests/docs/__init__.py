"""Tests of the pages: what they say about the code is true."""
