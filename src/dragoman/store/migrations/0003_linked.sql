-- The newest segment that 'dragoman link' has seen; a store with a later one is to be linked.
CREATE TABLE store.linked (sha256 VARCHAR);
