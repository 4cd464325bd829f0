"""The treatment design: eligibility for each option, the start of follow-up, and strata for comparison."""
