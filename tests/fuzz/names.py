"""The name that stands in free text of every seed; an error that holds it has repeated a patient's data."""

NAME = "Mustermann"
