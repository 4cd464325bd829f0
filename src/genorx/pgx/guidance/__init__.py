"""From diplotypes to phenotypes, and to rows of guidance on drugs."""
