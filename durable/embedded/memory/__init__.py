"""What the server keeps in memory of its database, so that it asks the database less often."""
