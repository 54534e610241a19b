"""The hosted system on one machine: its programs run as the template declares them, and are killed and replaced."""
