-- The index of a store. Tables live in the schema 'store'; the views in 'main' are what
-- people query. Everything here can be rebuilt from the Parquet segments.
CREATE TABLE store.segments (file VARCHAR, sha256 VARCHAR, position BIGINT);

CREATE TABLE store.runs (id VARCHAR, started TIMESTAMP, coder VARCHAR, command VARCHAR);

CREATE TABLE store.documents (
  id VARCHAR, source VARCHAR, title VARCHAR, url VARCHAR, publisher VARCHAR,
  publisher_from VARCHAR, language VARCHAR, published DATE, published_from VARCHAR,
  dateline_place VARCHAR, text VARCHAR, coder VARCHAR, run VARCHAR, digest VARCHAR,
  report JSON
);

CREATE TABLE store.events (
  id VARCHAR, document VARCHAR, position INTEGER,
  type VARCHAR, mode VARCHAR, cameo VARCHAR, quad INTEGER, score DOUBLE, contexts VARCHAR[],
  status VARCHAR, background BOOLEAN, is_symmetric BOOLEAN,
  actor_countries VARCHAR[], recipient_countries VARCHAR[],
  start_date DATE, end_date DATE, date_precision VARCHAR, date_text VARCHAR,
  place VARCHAR, place_country VARCHAR, place_admin1 VARCHAR, place_precision VARCHAR,
  latitude DOUBLE, longitude DOUBLE, geonames_id VARCHAR,
  attribution VARCHAR, speakers VARCHAR[], publisher VARCHAR,
  confidence DOUBLE, evidence VARCHAR
);

CREATE TABLE store.actors (
  event_id VARCHAR, document VARCHAR, role VARCHAR, position INTEGER,
  name VARCHAR, country VARCHAR, sector VARCHAR, office VARCHAR, person VARCHAR,
  organisation VARCHAR, span_start INTEGER, span_end INTEGER
);

CREATE TABLE store.magnitudes (
  event_id VARCHAR, document VARCHAR, position INTEGER,
  kind VARCHAR, low DOUBLE, high DOUBLE, unit VARCHAR
);

CREATE TABLE store.mentions (
  event_id VARCHAR, document VARCHAR, position INTEGER, sentence INTEGER,
  predicate_start INTEGER, predicate_end INTEGER,
  evidence_start INTEGER, evidence_end INTEGER, evidence VARCHAR
);

CREATE TABLE store.statements (
  id VARCHAR, document VARCHAR, position INTEGER, stance VARCHAR,
  speakers VARCHAR[], speaker_countries VARCHAR[], about VARCHAR[],
  topic VARCHAR, evidence VARCHAR, confidence DOUBLE
);

CREATE TABLE store.relations (
  id VARCHAR, document VARCHAR, position INTEGER, label VARCHAR, sector VARCHAR,
  sides VARCHAR[], source VARCHAR[], target VARCHAR[], because_of VARCHAR[],
  publisher VARCHAR, evidence VARCHAR, confidence DOUBLE
);

CREATE TABLE store.rejected (
  id VARCHAR, source VARCHAR, reason VARCHAR, message VARCHAR, run VARCHAR
);

CREATE VIEW documents AS SELECT * FROM store.documents;
CREATE VIEW actors AS SELECT * FROM store.actors;
CREATE VIEW magnitudes AS SELECT * FROM store.magnitudes;
CREATE VIEW statements AS SELECT * FROM store.statements;
CREATE VIEW relations AS SELECT * FROM store.relations;
CREATE VIEW rejected AS SELECT * FROM store.rejected;
CREATE VIEW runs AS SELECT * FROM store.runs;

CREATE VIEW events AS
  SELECT e.*, d.title, d.url, d.source, d.published
  FROM store.events e JOIN store.documents d ON d.id = e.document;

CREATE VIEW mentions AS
  SELECT m.*, e.type, e.status, d.source, d.published
  FROM store.mentions m
  JOIN store.events e ON e.id = m.event_id
  JOIN store.documents d ON d.id = m.document;

-- One row per day and directed pair of countries. Only acts that happened ('actual', not
-- background) and whose interval is known to a week or better count, on its first day.
-- The participants of a symmetric act are paired both ways.
CREATE VIEW dyad_days AS
  WITH dated AS (
    SELECT *,
      CASE WHEN is_symmetric THEN list_distinct(list_concat(actor_countries, recipient_countries))
           ELSE actor_countries END AS sources,
      CASE WHEN is_symmetric THEN list_distinct(list_concat(actor_countries, recipient_countries))
           ELSE recipient_countries END AS targets
    FROM store.events
    WHERE status = 'actual' AND NOT background
      AND start_date IS NOT NULL AND end_date IS NOT NULL AND end_date - start_date < 7
  ),
  one AS (SELECT *, unnest(sources) AS actor FROM dated),
  pairs AS (SELECT *, unnest(targets) AS recipient FROM one)
  SELECT start_date AS day, actor, recipient, count(*) AS events,
    count(*) FILTER (quad = 1) AS verbal_cooperation,
    count(*) FILTER (quad = 2) AS material_cooperation,
    count(*) FILTER (quad = 3) AS verbal_conflict,
    count(*) FILTER (quad = 4) AS material_conflict,
    sum(score) AS score
  FROM pairs WHERE actor <> recipient
  GROUP BY ALL;

-- What was announced: planned acts, soonest first.
CREATE VIEW agenda AS
  SELECT e.start_date, e.end_date, e.date_text, e.type, e.mode, e.actor_countries,
    e.recipient_countries, e.place, e.place_country, e.speakers, e.evidence, e.id, e.document,
    d.published, d.source
  FROM store.events e JOIN store.documents d ON d.id = e.document
  WHERE e.status = 'planned' AND NOT e.background
  ORDER BY e.start_date NULLS LAST, e.id;
