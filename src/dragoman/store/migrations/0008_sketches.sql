-- What linking needs of the words of a report (dragoman.duplicates.sketches). Rows that are
-- missing are made by 'dragoman link'.
CREATE TABLE store.sketches (document VARCHAR, size INTEGER, signature BLOB, words BLOB);
