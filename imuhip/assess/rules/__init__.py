"""The rules: a file each, with all that is known of it in one record (`record.Rule`)."""
