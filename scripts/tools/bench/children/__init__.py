"""Run as processes of their own, with a bundle as their only source of modules beside the runtime's."""
