"""The whole system on a laptop: what runs here is what ships."""
