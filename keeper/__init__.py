"""The sidecar of the hosted server: history that ends, the index of tags, and gauges. It is the one other user of the database."""
