"""What the server keeps in memory of its database. Every change of the database is a change here, too."""
