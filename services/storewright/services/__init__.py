"""Hand-written adapters, one package for each service."""
