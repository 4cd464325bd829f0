"""Image biomarkers: images and masks to named features with units, codes and findings."""
