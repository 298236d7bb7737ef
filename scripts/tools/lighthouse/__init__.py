"""Runs a pinned Lighthouse on the page: `python -m scripts.tools.lighthouse`."""
