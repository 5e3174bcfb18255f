"""The process that owns a run: log, clock, slots, executors; and the client that others reach it by."""
