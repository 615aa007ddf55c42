"""Scripts that are written into exports beside the data that they load; they do not need this program."""
