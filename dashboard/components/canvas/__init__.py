"""JavaScript that more than one component is made of."""
