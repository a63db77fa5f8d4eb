"""The rim of logs: where lines lie, and where chunks of them come from."""
