"""Said once for all rooms: frames and signs, errors, quaternions, records, kernels, files."""
