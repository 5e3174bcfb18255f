"""Deterministic simulation: random schedules under a virtual clock."""
