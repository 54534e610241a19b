"""Tests of `durable lint`."""
