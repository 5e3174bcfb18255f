"""The Jupyter side: magics, names of the kernel, waiting cells, cards."""
