"""Tests of the test kit: a package, because its workflows are targets of the command."""
