"""Prior authorisation (Da Vinci PAS, FHIR R4): requests written with what they lack, requests and answers read."""
