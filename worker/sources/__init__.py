"""Download documents: from public web servers, and from buckets that the operator allows by name."""
