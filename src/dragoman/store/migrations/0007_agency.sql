-- The agency in the dateline of a report, so that linking need not read the whole coding.
ALTER TABLE store.documents ADD COLUMN dateline_agency VARCHAR;

DROP VIEW documents;
CREATE VIEW documents AS SELECT * FROM store.documents;
