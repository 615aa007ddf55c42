"""The kinds of pages: each module turns the book into pages of one kind."""
