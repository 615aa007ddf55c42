"""What a package, a table, a finding and a report are; no file is opened and no library imported here."""
