"""The version of spipconv."""

VERSION = "0.1.0"
