"""The examples, each tested with the kit."""
