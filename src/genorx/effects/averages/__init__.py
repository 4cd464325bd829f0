"""Average differences between options, by estimators without shrinkage, and their identification."""
