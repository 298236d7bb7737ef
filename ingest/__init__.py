"""From the provider to the twins: finds out which sessions are due, stores them and publishes them."""
