"""Tests of the events that receivers get: their signatures, their deliveries, and what a receiver can do wrong."""
