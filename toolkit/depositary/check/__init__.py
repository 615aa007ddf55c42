"""Check records and give findings. frictionless 5.21 is the reference for every verdict on a cell."""
