"""The properties of the templates that matter, in both profiles and with each way to authorize."""
