"""The rim of projections: where views lie, and where events come from."""
