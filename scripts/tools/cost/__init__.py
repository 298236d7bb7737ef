"""Estimates the monthly AWS costs by service: usage times prices."""
