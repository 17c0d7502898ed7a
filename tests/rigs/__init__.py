"""One rig per kind: how the contract suite gets a backend, and how it provokes what only that service can do."""
