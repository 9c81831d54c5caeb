"""A simulated athlete and sensors, with the truth beside them."""
