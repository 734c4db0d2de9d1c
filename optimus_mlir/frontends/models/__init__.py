"""Definitions of networks, each imported only when the zoo is asked for it."""
