"""What is deployed: properties of the templates that matter, in both profiles and all ways to authorize."""
