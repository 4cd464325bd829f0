"""From a sample's genotypes to alleles and diplotypes."""
