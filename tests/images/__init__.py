"""The images, without Docker: their rules are checked, their steps executed, and the results started."""
