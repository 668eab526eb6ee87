"""Composition roots inside other tools."""
