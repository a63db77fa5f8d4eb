"""`trellis demo`: the whole line with a sample application, on this machine alone."""
