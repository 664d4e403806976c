"""Shared helpers of these tests can be imported."""
