"""What differs between two packages, as data, text and pages, and patches made of it."""
