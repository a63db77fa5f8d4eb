"""The lines of runs: made safe, put in order, kept, and read from any line on, live."""
