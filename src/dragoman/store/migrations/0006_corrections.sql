-- What people corrected, apart from the codings; 'correction' holds the whole of it.
CREATE TABLE store.corrections (
  id VARCHAR, document VARCHAR, event_id VARCHAR, kind VARCHAR, author VARCHAR,
  made TIMESTAMP, note VARCHAR, correction JSON, run VARCHAR
);

-- 'report' holds the coding with its corrections; 'coded' is the coder's own, where there
-- are any.
ALTER TABLE store.documents ADD COLUMN coded JSON;

DROP VIEW documents;
CREATE VIEW documents AS SELECT * FROM store.documents;
CREATE VIEW corrections AS
  SELECT c.*, d.source, d.title FROM store.corrections c
  LEFT JOIN store.documents d ON d.id = c.document;
