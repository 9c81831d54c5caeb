"""The canvases that pages are made of: JavaScript, styles, and the Python that mounts them."""
