"""The custom resource that writes the console's files into its bucket."""
