"""The values that pass between trigger, worker and clients, and the names that they share. No I/O."""
