"""How right we are: results beside what is known to be true, over a folder of documents or a set made here."""
