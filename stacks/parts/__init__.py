"""What holds resources. A stack composes these, grants, and passes on."""
