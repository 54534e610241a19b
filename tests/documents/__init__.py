"""What the reading of documents promises: right text, in order, and a clear end for every file made to do harm."""
