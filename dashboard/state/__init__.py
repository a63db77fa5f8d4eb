"""What each open page holds and does: thin Reflex states over `client`, `hub` and `shown`."""
