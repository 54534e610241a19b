"""What a synthesized stack costs a month while nothing happens. It reads templates, and calls nobody."""
