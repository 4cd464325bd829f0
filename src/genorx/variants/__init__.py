"""Reading of variant files: genotypes with no-calls kept, consequence annotations, assembly."""

from genorx.variants.assembly import normal_assembly
from genorx.variants.consequence import Effect, effect_of
from genorx.variants.genotypes import GenotypeMatrix, iter_genotypes, read_genotypes
from genorx.variants.records import DEFAULT_FILTERS, VariantReader

__all__ = [
    "DEFAULT_FILTERS",
    "Effect",
    "GenotypeMatrix",
    "VariantReader",
    "effect_of",
    "iter_genotypes",
    "normal_assembly",
    "read_genotypes",
]
