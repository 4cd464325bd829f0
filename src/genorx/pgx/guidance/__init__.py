"""From diplotypes to phenotypes and rows of guidance on drugs."""
