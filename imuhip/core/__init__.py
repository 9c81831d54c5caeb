"""What all packages share: frames and signs, errors, quaternions, records, kernels, files."""
