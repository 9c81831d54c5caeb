"""Virtual sensors on virtual radios, and the demo made of them."""
