"""What people see: views folded from the history, kept disposable, served and announced."""
