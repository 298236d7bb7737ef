"""Lighthouse on the page, pinned: `python -m scripts.tools.lighthouse`."""
