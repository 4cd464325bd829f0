"""Resource types of FHIR R4, the supported ones, and elements that identify another release.

Source: https://hl7.org/fhir/R4/resourcelist.html; changes between releases: https://hl7.org/fhir/R5/diff.html.
"""

from __future__ import annotations

from typing import Final

#: All types of R4 (4.0.1).
R4: Final = frozenset(
    (  # noqa: SIM905  148 names, each in quotes, are no easier to read
        "Account ActivityDefinition AdverseEvent AllergyIntolerance Appointment AppointmentResponse AuditEvent Basic "
        "Binary BiologicallyDerivedProduct BodyStructure Bundle CapabilityStatement CarePlan CareTeam CatalogEntry "
        "ChargeItem ChargeItemDefinition Claim ClaimResponse ClinicalImpression CodeSystem Communication "
        "CommunicationRequest CompartmentDefinition Composition ConceptMap Condition Consent Contract Coverage "
        "CoverageEligibilityRequest CoverageEligibilityResponse DetectedIssue Device DeviceDefinition DeviceMetric "
        "DeviceRequest DeviceUseStatement DiagnosticReport DocumentManifest DocumentReference EffectEvidenceSynthesis "
        "Encounter Endpoint EnrollmentRequest EnrollmentResponse EpisodeOfCare EventDefinition Evidence "
        "EvidenceVariable ExampleScenario ExplanationOfBenefit FamilyMemberHistory Flag Goal GraphDefinition Group "
        "GuidanceResponse HealthcareService ImagingStudy Immunization ImmunizationEvaluation "
        "ImmunizationRecommendation ImplementationGuide InsurancePlan Invoice Library Linkage List Location Measure "
        "MeasureReport Media Medication MedicationAdministration MedicationDispense MedicationKnowledge "
        "MedicationRequest MedicationStatement MedicinalProduct MedicinalProductAuthorization "
        "MedicinalProductContraindication MedicinalProductIndication MedicinalProductIngredient "
        "MedicinalProductInteraction MedicinalProductManufactured MedicinalProductPackaged "
        "MedicinalProductPharmaceutical MedicinalProductUndesirableEffect MessageDefinition MessageHeader "
        "MolecularSequence NamingSystem NutritionOrder Observation ObservationDefinition OperationDefinition "
        "OperationOutcome Organization OrganizationAffiliation Parameters Patient PaymentNotice PaymentReconciliation "
        "Person PlanDefinition Practitioner PractitionerRole Procedure Provenance Questionnaire QuestionnaireResponse "
        "RelatedPerson RequestGroup ResearchDefinition ResearchElementDefinition ResearchStudy ResearchSubject "
        "RiskAssessment RiskEvidenceSynthesis Schedule SearchParameter ServiceRequest Slot Specimen SpecimenDefinition "
        "StructureDefinition StructureMap Subscription Substance SubstanceNucleicAcid SubstancePolymer "
        "SubstanceProtein SubstanceReferenceInformation SubstanceSourceMaterial SubstanceSpecification SupplyDelivery "
        "SupplyRequest Task TerminologyCapabilities TestReport TestScript ValueSet VerificationResult "
        "VisionPrescription"
    ).split()
)
#: Elements of other releases, by type: DSTU2 and STU3, R5.
FOREIGN: Final[dict[str, frozenset[str]]] = {
    "AdverseEvent": frozenset({"occurrenceDateTime", "occurrencePeriod", "type", "reaction", "code"}),
    "Claim": frozenset({"encounter", "diagnosisRelatedGroup", "traceNumber"}),
    "Condition": frozenset({"dateRecorded", "assertedDate", "patient", "context", "participant"}),
    "MedicationAdministration": frozenset(
        {"medication", "occurenceDateTime", "occurencePeriod", "wasNotGiven", "patient"}
    ),
    "MedicationDispense": frozenset({"medication", "patient"}),
    "MedicationRequest": frozenset({"medication", "reason"}),
    "MedicationStatement": frozenset({"medication", "wasNotTaken", "taken", "patient"}),
    "Observation": frozenset({"comments", "comment", "related", "triggeredBy", "bodyStructure"}),
    "Procedure": frozenset({"occurrenceDateTime", "occurrencePeriod", "notPerformed", "notDone", "context"}),
    "RiskAssessment": frozenset({"date"}),
}
#: Types that can be a subject, but are not patients.
NO_PATIENT: Final = frozenset({"Group", "Device", "Location", "Medication", "Substance", "Specimen", "Organization"})
