-- Several instruments may measure one series. What each table and column means: schema.md in the crate's folder.

CREATE TABLE series_instrument (
    series_id  INTEGER NOT NULL REFERENCES series,
    instrument TEXT    NOT NULL,
    PRIMARY KEY (series_id, instrument)
) STRICT, WITHOUT ROWID;

INSERT INTO series_instrument (series_id, instrument)
SELECT series_id, instrument FROM series
UNION SELECT series_id, instrument FROM cell
UNION SELECT series_id, instrument FROM unit;

ALTER TABLE series DROP COLUMN instrument;
