"""Learning engines shared by several kinds of outcome; the public classes are thin wrappers."""
