"""From files to a sample's genotypes at pharmacogene sites, and outside calls."""
