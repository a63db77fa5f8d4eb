"""The commands of `trellis`, one module for each thing that they are about."""
