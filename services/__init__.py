"""Trellis services."""
