-- One run. What each table and column means: schema.md in the crate's folder.

CREATE TABLE meta (
    key   TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE session (
    session_id INTEGER PRIMARY KEY,
    wall_s     REAL    NOT NULL DEFAULT 0,
    tool_cpu_s REAL    NOT NULL DEFAULT 0,
    done       INTEGER NOT NULL DEFAULT 0 CHECK (done IN (0, 1))
) STRICT;

CREATE TABLE series (
    series_id      INTEGER PRIMARY KEY CHECK (series_id >= 0),
    instrument     TEXT NOT NULL,
    style          TEXT NOT NULL,
    about          TEXT NOT NULL,
    server_command TEXT NOT NULL
) STRICT;

CREATE TABLE series_axis (
    series_id INTEGER NOT NULL REFERENCES series,
    planned   INTEGER NOT NULL CHECK (planned IN (0, 1)),
    axis      TEXT    NOT NULL,
    value     TEXT    NOT NULL,
    PRIMARY KEY (series_id, planned, axis)
) STRICT, WITHOUT ROWID;

CREATE TABLE series_line (
    series_id INTEGER NOT NULL REFERENCES series,
    list      TEXT    NOT NULL,
    position  INTEGER NOT NULL,
    line      TEXT    NOT NULL,
    PRIMARY KEY (series_id, list, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE cell (
    cell_id     INTEGER PRIMARY KEY,
    series_id   INTEGER NOT NULL REFERENCES series,
    instrument  TEXT    NOT NULL,
    middlewares INTEGER NOT NULL CHECK (middlewares >= 0),
    UNIQUE (series_id, instrument, middlewares)
) STRICT;

CREATE TABLE unit (
    unit_id    INTEGER PRIMARY KEY,
    series_id  INTEGER NOT NULL REFERENCES series,
    instrument TEXT    NOT NULL,
    round      INTEGER NOT NULL,
    block      INTEGER NOT NULL,
    UNIQUE (series_id, instrument, round, block)
) STRICT;

CREATE TABLE slice (
    slice_id INTEGER PRIMARY KEY,
    unit_id  INTEGER NOT NULL REFERENCES unit,
    cell_id  INTEGER NOT NULL REFERENCES cell,
    position INTEGER NOT NULL,
    UNIQUE (unit_id, cell_id),
    UNIQUE (unit_id, position)
) STRICT;

CREATE TABLE reading (
    slice_id INTEGER NOT NULL REFERENCES slice,
    metric   TEXT    NOT NULL,
    value    INTEGER NOT NULL,
    PRIMARY KEY (slice_id, metric)
) STRICT, WITHOUT ROWID;

CREATE TABLE latency (
    slice_id  INTEGER PRIMARY KEY REFERENCES slice,
    histogram BLOB NOT NULL
) STRICT;

CREATE TABLE error_class (
    slice_id INTEGER NOT NULL REFERENCES slice,
    position INTEGER NOT NULL,
    class    TEXT    NOT NULL,
    count    INTEGER NOT NULL,
    PRIMARY KEY (slice_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE failure (
    failure_id INTEGER PRIMARY KEY,
    series_id  INTEGER NOT NULL REFERENCES series,
    cell_id    INTEGER REFERENCES cell,
    stage      TEXT NOT NULL,
    code       TEXT NOT NULL,
    message    TEXT NOT NULL,
    log_tail   TEXT NOT NULL
) STRICT;

-- NULLs count as different in a UNIQUE constraint, so a failure of a whole series needs the 0.
CREATE UNIQUE INDEX failure_once ON failure (series_id, ifnull(cell_id, 0), stage, code, message);
