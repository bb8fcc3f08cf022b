"""Claims with spans: predicates, arguments, status, attribution, time, place."""
