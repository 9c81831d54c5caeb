"""Many recordings into one data set, on this machine or a cluster."""
