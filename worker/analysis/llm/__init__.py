"""The analyzer that asks a language model. Nothing of it is imported until it is chosen: its libraries are heavy."""
