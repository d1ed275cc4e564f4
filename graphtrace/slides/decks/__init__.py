"""One file for each kind of deck; the registry has one row for each."""
