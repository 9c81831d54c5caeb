"""What the dashboard serves beside its pages: access, live stream, steering, files."""
