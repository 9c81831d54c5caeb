"""What a coach opens: the live page and the finished sessions."""
