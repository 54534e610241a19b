"""The hosted system on one machine: its parts as the template declares them, while they are killed and replaced."""
