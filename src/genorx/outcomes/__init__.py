"""Models of what happens to a patient: survival, response, toxicity."""
