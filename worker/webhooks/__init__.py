"""Events of jobs, posted to the receivers that clients name, and signed as Standard Webhooks says."""
