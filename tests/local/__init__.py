"""The laptop: the gateway, the system as processes, the demos."""
