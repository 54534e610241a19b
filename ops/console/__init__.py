"""The console, a page for people: its files in `console/`, and its server on this machine for a system on AWS."""
