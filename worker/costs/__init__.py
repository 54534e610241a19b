"""What documents cost: prices, the use of steps, and the ledger of paid answers."""
