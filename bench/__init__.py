"""Measurements, not tests: tables of figures with a description of the machine. Run them with `make bench`."""
