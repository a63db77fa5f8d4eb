"""What the builder decides without touching anything: the plan of a run, and what failed."""
