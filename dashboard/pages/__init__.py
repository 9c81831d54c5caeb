"""One question a page; Streamlit runs these files as scripts."""
