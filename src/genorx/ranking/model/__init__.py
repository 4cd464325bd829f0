"""From a cohort to fitted outcomes, and the file that holds them."""
