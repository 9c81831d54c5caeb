"""What pages show, worked out without Streamlit, and the pictures made of it."""
