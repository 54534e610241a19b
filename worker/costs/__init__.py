"""What a document costs: what providers charge, what a step took, what a job may cost, and what one would."""
