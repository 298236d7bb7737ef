"""The commands of `movers`, a file each."""
