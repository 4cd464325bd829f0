"""The treatment design: who could have had which option, from which day, compared within which strata."""
