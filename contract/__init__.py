"""What trigger and worker agree on: the values that pass between them and the names they use. No I/O."""
