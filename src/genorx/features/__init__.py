"""Panels that turn variants into a typed frame of features: genes, sites, tumour burden."""
