"""Tests of the analyzers: models that are asked, schemas that users write, and what is paid for once."""
