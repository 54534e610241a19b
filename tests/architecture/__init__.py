"""What the tree promises: the rooms and the arrows between them."""
