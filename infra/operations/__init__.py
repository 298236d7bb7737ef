"""What tells a person how the system does: alarms, notices, dashboard, saved queries, budget."""
