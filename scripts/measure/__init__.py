"""Measuring: how fast the service is, and whether it stays right under load and under kill -9. Not part of it."""
