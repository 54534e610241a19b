"""What documents cost: prices, the usage of steps, and the ledger of paid answers."""
