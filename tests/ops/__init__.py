"""The command: on a running laptop system, on AWS as moto plays it, and before everything that can go wrong."""
