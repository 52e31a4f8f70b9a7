-- The ledger, first edition. Times are milliseconds since 1970-01-01T00:00:00Z; JSON is kept as text.

-- "Plim": tells our file from any other SQLite database.
PRAGMA application_id = 1349282157;

-- One row for each scan that gave a verdict.
CREATE TABLE scans (
    id             INTEGER PRIMARY KEY,
    started        BIGINT NOT NULL,
    finished       BIGINT NOT NULL,
    taken_at       BIGINT NOT NULL,
    complete       BOOLEAN NOT NULL,
    rules_digest   TEXT NOT NULL,
    waivers_digest TEXT NOT NULL,
    assessment     TEXT NOT NULL,
    calls          TEXT NOT NULL,
    written        TEXT NOT NULL,
    -- The moment from which the states of this scan hold. Strictly the same as `finished`, except
    -- that it never goes back.
    at             BIGINT NOT NULL,
    standing       TEXT NOT NULL,
    -- The time integrals at `at`.
    integrals      TEXT NOT NULL
);
CREATE INDEX scans_by_time ON scans (at);

-- One row for each scan that gave none.
CREATE TABLE failed_scans (
    id       INTEGER PRIMARY KEY,
    started  BIGINT NOT NULL,
    finished BIGINT NOT NULL,
    reason   TEXT NOT NULL,
    message  TEXT NOT NULL
);

-- Resource documents by content hash, each once.
CREATE TABLE documents (
    hash     TEXT PRIMARY KEY,
    document TEXT NOT NULL,
    origin   TEXT NOT NULL
);

-- Which document a resource had from which scan on, and until which.
CREATE TABLE versions (
    id          INTEGER PRIMARY KEY,
    account     TEXT NOT NULL,
    region      TEXT NOT NULL,
    type        TEXT NOT NULL,
    resource    TEXT NOT NULL,
    name        TEXT NOT NULL,
    document    TEXT NOT NULL REFERENCES documents (hash),
    -- The document with the values last known in the unknown places; NULL when that is the same.
    last_known  TEXT REFERENCES documents (hash),
    valid_from  BIGINT NOT NULL REFERENCES scans (id),
    -- The scan that saw something else, or nothing. NULL while it is the latest.
    valid_to    BIGINT REFERENCES scans (id),
    -- When the resource was last seen, if the last attempt to list it failed.
    stale_since BIGINT,
    -- Whether a list of the latest scan covers it.
    in_scope    BOOLEAN NOT NULL,
    -- State and worst severity after the latest scan; NULL when no rule judges it.
    state       TEXT,
    severity    TEXT
);
CREATE UNIQUE INDEX versions_latest ON versions (account, region, type, resource) WHERE valid_to IS NULL;
CREATE INDEX versions_of_resource ON versions (resource);
CREATE INDEX versions_of_document ON versions (document);

-- What the rules said about a document, before waivers.
CREATE TABLE verdicts (
    document TEXT PRIMARY KEY,
    verdicts TEXT NOT NULL
);

-- What the latest scan listed.
CREATE TABLE listings (
    account  TEXT NOT NULL,
    region   TEXT NOT NULL,
    type     TEXT NOT NULL,
    complete BOOLEAN NOT NULL,
    listed_before BOOLEAN NOT NULL,
    PRIMARY KEY (account, region, type)
);

-- What the latest scan could not read.
CREATE TABLE gaps (
    gap TEXT PRIMARY KEY
);

-- One row for each opening of a finding: 0 for the first, 1 for the first time it came back.
CREATE TABLE findings (
    id          TEXT NOT NULL,
    opening     INTEGER NOT NULL,
    rule        TEXT NOT NULL,
    severity    TEXT NOT NULL,
    account     TEXT NOT NULL,
    region      TEXT NOT NULL,
    type        TEXT NOT NULL,
    resource    TEXT NOT NULL,
    denials     TEXT NOT NULL,
    first_seen  BIGINT NOT NULL,
    -- NULL while each scan sees it: then it is the latest scan's time.
    last_seen   BIGINT,
    resolved_at BIGINT,
    resolution  TEXT,
    PRIMARY KEY (id, opening)
);
CREATE INDEX findings_open ON findings (id) WHERE resolved_at IS NULL;
CREATE INDEX findings_of_resource ON findings (resource);

-- Differences from the previous snapshot.
CREATE TABLE changes (
    scan      BIGINT NOT NULL REFERENCES scans (id),
    position  BIGINT NOT NULL,
    kind      TEXT NOT NULL,
    direction TEXT NOT NULL,
    account   TEXT NOT NULL,
    region    TEXT NOT NULL,
    type      TEXT NOT NULL,
    resource  TEXT NOT NULL,
    change    TEXT NOT NULL,
    PRIMARY KEY (scan, position)
);
CREATE INDEX changes_of_resource ON changes (resource);

-- The cumulative counters: one row.
CREATE TABLE counters (
    id       INTEGER PRIMARY KEY CHECK (id = 1),
    counters TEXT NOT NULL
);
