"""What a month at AWS costs: what is used, times the prices, by service."""
