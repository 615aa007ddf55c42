"""Scripts that go into exports beside the data they load; they need none of this program."""
