"""The live view: one anywidget over one replica."""
