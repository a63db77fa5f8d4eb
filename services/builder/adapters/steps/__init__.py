"""One step, one file: each does its part of an attempt or ends it with `StepFailed`."""
