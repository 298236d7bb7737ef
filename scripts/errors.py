"""What keeps a command from its work, told so that the reader knows what to do next."""


class CommandError(Exception):
    """A command cannot go on, whether a local cloud or AWS is in the way; the message says why and what to do."""


class SilentError(CommandError):
    """AWS, or the emulator that stands in for it, does not answer."""
