"""The ordered answer for a patient, and the model file that gives it again."""
