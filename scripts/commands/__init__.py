"""The `movers` commands, one per file."""
