"""The data types: package, table, finding, report and others; no file is opened and no library imported here."""
