"""Public applications as they are: deployed by Trellis, and by their own CLI, and compared."""
