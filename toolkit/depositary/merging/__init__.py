"""Many researchers' contributions into one package: claims, conflicts, decisions, and where each cell came from."""
