"""poollint finds connection-pool misuse in Python and repairs it."""

__version__ = "0.1.0"
