"""The live view of a flow in the browser."""
