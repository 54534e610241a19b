"""The monthly cost of a synthesized stack without any work. It reads templates and makes no network call."""
