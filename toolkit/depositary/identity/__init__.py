"""Find rows that may be about the same thing, and record what people judge about them."""
