-- The ledger, first edition. Times are milliseconds since 1970-01-01T00:00:00Z; JSON is kept as text, and
-- text is sorted by its bytes, as in a file.

-- One row for each scan that gave a verdict.
CREATE TABLE scans (
    id             BIGINT PRIMARY KEY,
    started        BIGINT NOT NULL,
    finished       BIGINT NOT NULL,
    taken_at       BIGINT NOT NULL,
    complete       BOOLEAN NOT NULL,
    rules_digest   TEXT COLLATE "C" NOT NULL,
    waivers_digest TEXT COLLATE "C" NOT NULL,
    assessment     TEXT COLLATE "C" NOT NULL,
    calls          TEXT COLLATE "C" NOT NULL,
    written        TEXT COLLATE "C" NOT NULL,
    -- The moment from which the states of this scan hold. Strictly the same as `finished`, except
    -- that it never goes back.
    at             BIGINT NOT NULL,
    standing       TEXT COLLATE "C" NOT NULL,
    -- The time integrals at `at`.
    integrals      TEXT COLLATE "C" NOT NULL
);
CREATE INDEX scans_by_time ON scans (at);
-- Tells our tables from any others.
COMMENT ON TABLE scans IS 'plimsoll ledger';

-- One row for each scan that gave none.
CREATE TABLE failed_scans (
    id       BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    started  BIGINT NOT NULL,
    finished BIGINT NOT NULL,
    reason   TEXT COLLATE "C" NOT NULL,
    message  TEXT COLLATE "C" NOT NULL
);

-- Resource documents by content hash, each once.
CREATE TABLE documents (
    hash     TEXT COLLATE "C" PRIMARY KEY,
    document TEXT COLLATE "C" NOT NULL,
    origin   TEXT COLLATE "C" NOT NULL
);

-- Which document a resource had from which scan on, and until which.
CREATE TABLE versions (
    id          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account     TEXT COLLATE "C" NOT NULL,
    region      TEXT COLLATE "C" NOT NULL,
    type        TEXT COLLATE "C" NOT NULL,
    resource    TEXT COLLATE "C" NOT NULL,
    name        TEXT COLLATE "C" NOT NULL,
    document    TEXT COLLATE "C" NOT NULL REFERENCES documents (hash),
    -- The document with the values last known in the unknown places; NULL when that is the same.
    last_known  TEXT COLLATE "C" REFERENCES documents (hash),
    valid_from  BIGINT NOT NULL REFERENCES scans (id),
    -- The scan that saw something else, or nothing. NULL while it is the latest.
    valid_to    BIGINT REFERENCES scans (id),
    -- When the resource was last seen, if the last attempt to list it failed.
    stale_since BIGINT,
    -- Whether a list of the latest scan covers it.
    in_scope    BOOLEAN NOT NULL,
    -- State and worst severity after the latest scan; NULL when no rule judges it.
    state       TEXT COLLATE "C",
    severity    TEXT COLLATE "C"
);
CREATE UNIQUE INDEX versions_latest ON versions (account, region, type, resource) WHERE valid_to IS NULL;
CREATE INDEX versions_of_resource ON versions (resource);
CREATE INDEX versions_of_document ON versions (document);

-- What the rules said about a document, before waivers.
CREATE TABLE verdicts (
    document TEXT COLLATE "C" PRIMARY KEY,
    verdicts TEXT COLLATE "C" NOT NULL
);

-- What the latest scan listed.
CREATE TABLE listings (
    account  TEXT COLLATE "C" NOT NULL,
    region   TEXT COLLATE "C" NOT NULL,
    type     TEXT COLLATE "C" NOT NULL,
    complete BOOLEAN NOT NULL,
    listed_before BOOLEAN NOT NULL,
    PRIMARY KEY (account, region, type)
);

-- What the latest scan could not read.
CREATE TABLE gaps (
    gap TEXT COLLATE "C" PRIMARY KEY
);

-- One row for each opening of a finding: 0 for the first, 1 for the first time it came back.
CREATE TABLE findings (
    id          TEXT COLLATE "C" NOT NULL,
    opening     BIGINT NOT NULL,
    rule        TEXT COLLATE "C" NOT NULL,
    severity    TEXT COLLATE "C" NOT NULL,
    account     TEXT COLLATE "C" NOT NULL,
    region      TEXT COLLATE "C" NOT NULL,
    type        TEXT COLLATE "C" NOT NULL,
    resource    TEXT COLLATE "C" NOT NULL,
    denials     TEXT COLLATE "C" NOT NULL,
    first_seen  BIGINT NOT NULL,
    -- NULL while each scan sees it: then it is the latest scan's time.
    last_seen   BIGINT,
    resolved_at BIGINT,
    resolution  TEXT COLLATE "C",
    PRIMARY KEY (id, opening)
);
CREATE INDEX findings_open ON findings (id) WHERE resolved_at IS NULL;
CREATE INDEX findings_of_resource ON findings (resource);

-- Differences from the previous snapshot.
CREATE TABLE changes (
    scan      BIGINT NOT NULL REFERENCES scans (id),
    position  BIGINT NOT NULL,
    kind      TEXT COLLATE "C" NOT NULL,
    direction TEXT COLLATE "C" NOT NULL,
    account   TEXT COLLATE "C" NOT NULL,
    region    TEXT COLLATE "C" NOT NULL,
    type      TEXT COLLATE "C" NOT NULL,
    resource  TEXT COLLATE "C" NOT NULL,
    change    TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (scan, position)
);
CREATE INDEX changes_of_resource ON changes (resource);

-- The cumulative counters: one row.
CREATE TABLE counters (
    id       BIGINT PRIMARY KEY CHECK (id = 1),
    counters TEXT COLLATE "C" NOT NULL
);
