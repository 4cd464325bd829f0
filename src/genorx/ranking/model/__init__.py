"""From a cohort to fitted outcomes, and the model file."""
