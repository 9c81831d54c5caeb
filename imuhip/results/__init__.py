"""Result files, and how a recording becomes them."""
