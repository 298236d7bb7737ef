"""From the provider to the twins: find the sessions that should be there, record them, publish them."""
