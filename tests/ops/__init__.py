"""The command: with a running make serve, with a simulated AWS, and with everything that can fail."""
