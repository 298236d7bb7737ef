"""What the promises about speed, memory and calls come to on this machine: `python -m scripts.tools.bench`."""
