"""djaws: one policy gate for Django applications on AWS."""

__version__ = "0.1.0"
