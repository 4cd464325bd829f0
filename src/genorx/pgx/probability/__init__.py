"""How probable each diplotype is, and how sure an action."""
