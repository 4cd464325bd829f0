"""Ways to learn an outcome that several kinds share; the kinds' public classes are thin over them."""
