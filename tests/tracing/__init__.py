"""Tests of the traces of jobs."""
