"""Lists on paper and in spreadsheets: bytes in, lines of visits or located problems out. No IO, no clock."""
