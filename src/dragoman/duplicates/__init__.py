"""Which reports are copies of one another, and which mentions tell of one happening."""
