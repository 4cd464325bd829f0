"""Tables of records: from the bytes of a file to typed features with units."""
