"""What can go wrong with the local cloud, told so that the reader knows what to do next."""


class CloudError(Exception):
    """The local cloud cannot start or run; the message says why and what to do."""


class SilentError(CloudError):
    """AWS, or the emulator that stands in for it, does not answer."""
