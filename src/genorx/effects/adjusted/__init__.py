"""One model of the outcome under each option, adjusted, with shrunk differences between options."""
