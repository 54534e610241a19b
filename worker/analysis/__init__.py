"""What a document says: its summary, and the fields that its type has, each with the place where it stands."""
