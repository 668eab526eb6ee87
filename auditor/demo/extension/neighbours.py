"""Defaults that moto leaves out of the services around SageMaker."""

from __future__ import annotations


def install() -> None:
    """Set the overlays."""
