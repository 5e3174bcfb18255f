"""What nbflow decides, and nothing else: pure values and functions without clock, I/O, threads or randomness."""
