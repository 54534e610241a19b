"""The images, without Docker: their rules are checked, their steps executed, and what comes out is started."""
