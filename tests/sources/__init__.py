"""Tests of where documents come from: sockets on the loopback address, with TLS and with bad manners."""
