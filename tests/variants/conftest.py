"""Small variant files made for a test."""

from ..vcf_files import write_vcf

__all__ = ["write_vcf"]
