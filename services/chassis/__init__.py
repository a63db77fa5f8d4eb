"""The chassis."""
