"""The workflows of the worker: a document, its estimate, and the notice of a job that ended outside its workflow."""
