"""Judge the tables of a package on a Spark cluster; what is judged, and how, is in `check`."""
