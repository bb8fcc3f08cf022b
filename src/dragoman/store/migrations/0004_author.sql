-- Who wrote a report, as its source names them.
ALTER TABLE store.documents ADD COLUMN author VARCHAR;

DROP VIEW documents;
CREATE VIEW documents AS SELECT * FROM store.documents;
