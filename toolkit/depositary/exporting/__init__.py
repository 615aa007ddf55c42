"""A package in the formats that people load, with every loss named."""
