"""Tests of downloads from servers on the loopback address: with TLS, slow, broken and private ones."""
