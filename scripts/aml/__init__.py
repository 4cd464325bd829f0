"""The published files of the AML knowledge bank as one VCF and five tables."""
