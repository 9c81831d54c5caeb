"""The compensations: what each rule sees, for which movements, and from where on."""
