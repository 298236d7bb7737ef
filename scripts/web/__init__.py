"""What looks at the page from outside: a local cloud to look at, and the Node tools with their pins."""
