"""From files to what a sample shows at the sites of pharmacogenes, and calls made elsewhere."""
