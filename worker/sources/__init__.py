"""Where documents come from: the web, through a guard, and buckets that are allowed by name."""
