"""The rim of the orchestrator: the store, the bus and the passing of time."""
