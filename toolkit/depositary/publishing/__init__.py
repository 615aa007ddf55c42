"""A release on its way: to a folder or a service that keeps it, and back; what is in it is written elsewhere."""
