"""The database that all nodes of a cluster's runs share: its address, patience while it is away, turns at a node."""
