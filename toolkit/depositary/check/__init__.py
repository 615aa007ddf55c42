"""Judging: from records to findings. frictionless 5.21 is the reference of every verdict on a cell."""
