"""From the genotypes of a sample to alleles and diplotypes."""
