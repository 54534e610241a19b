"""Tests of the replay gate."""
