"""Rendering a report: text in, no clock, no network."""
