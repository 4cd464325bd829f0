"""Prior authorisation (Da Vinci PAS, FHIR R4): requests with their gaps, and reading of requests and answers."""
