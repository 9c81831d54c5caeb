"""Reports of a session on paper and screen: what is said, the pictures, and how they are set."""
