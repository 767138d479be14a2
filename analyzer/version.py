"""The version of the program: here alone."""

__version__ = "0.1.0"
