"""From what a sample shows to alleles and diplotypes."""
