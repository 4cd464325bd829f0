"""Average differences between options, by estimators that are not shrunk, and how far they can be trusted."""
