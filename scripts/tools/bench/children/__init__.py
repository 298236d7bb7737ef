"""Run as separate processes that can import only a bundle and the runtime's modules."""
