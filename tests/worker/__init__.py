"""What the worker promises: its steps on real documents, a real web server, a folder and a bucket."""
