"""Errors that tell the user what to do next."""


class CommandError(Exception):
    """A command can't continue; the message says why and what to do."""


class SilentError(CommandError):
    """AWS, or its emulator, doesn't respond."""
