"""Pictures without a browser: static SVG and HTML, matplotlib figures."""
