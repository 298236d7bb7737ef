"""Measures the targets for speed, memory and calls on this machine: `python -m scripts.tools.bench`."""
