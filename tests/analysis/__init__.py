"""Tests of the analyzers: models, rules, schemas of users, and payments that happen once."""
