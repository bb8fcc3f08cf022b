"""Who, where and when; and which mentions are one happening."""
