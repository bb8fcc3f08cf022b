"""The ontology and the lexicon as data, and their loaders."""
