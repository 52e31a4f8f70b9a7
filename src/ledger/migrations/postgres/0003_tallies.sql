-- Small scans: what only the latest scan is asked for moves to a table of one row, and the others keep
-- numbers by state. Tallies of objectives. When versions began, so that old scans can go.

-- Each objective by the digest of its definition.
CREATE TABLE slos (
    id     BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    digest TEXT COLLATE "C" NOT NULL UNIQUE
);

-- One row for each scan and objective: what was measured, and the tally up to then. It stands by
-- itself, so that scans can be pruned without it.
CREATE TABLE slo_points (
    slo         BIGINT NOT NULL REFERENCES slos (id),
    scan        BIGINT NOT NULL,
    -- The moment from which it holds, and for how many milliseconds.
    at          BIGINT NOT NULL,
    hold        BIGINT NOT NULL,
    -- Resources by state, and open findings.
    pass        BIGINT NOT NULL,
    critical    BIGINT NOT NULL,
    high        BIGINT NOT NULL,
    medium      BIGINT NOT NULL,
    low         BIGINT NOT NULL,
    waived      BIGINT NOT NULL,
    unknown     BIGINT NOT NULL,
    open        BIGINT NOT NULL,
    -- The same times milliseconds, up to `at`, and how many findings turned out in time or late.
    pass_ms     BIGINT NOT NULL,
    critical_ms BIGINT NOT NULL,
    high_ms     BIGINT NOT NULL,
    medium_ms   BIGINT NOT NULL,
    low_ms      BIGINT NOT NULL,
    waived_ms   BIGINT NOT NULL,
    unknown_ms  BIGINT NOT NULL,
    open_ms     BIGINT NOT NULL,
    within      BIGINT NOT NULL,
    late        BIGINT NOT NULL,
    PRIMARY KEY (slo, at, scan)
);

-- What only the latest scan says in full: one row.
CREATE TABLE latest (
    id         BIGINT PRIMARY KEY CHECK (id = 1),
    scan       BIGINT NOT NULL REFERENCES scans (id),
    assessment TEXT COLLATE "C" NOT NULL,
    calls      TEXT COLLATE "C" NOT NULL
);

-- How long the states hold, in milliseconds, and the longest scan so far, of which it is made.
ALTER TABLE scans ADD COLUMN hold BIGINT NOT NULL;
ALTER TABLE scans ADD COLUMN longest BIGINT NOT NULL;
-- Resources by slice and state: pass, fail by severity from critical to low, waived, unknown, stale,
-- unlisted.
ALTER TABLE scans ADD COLUMN slices TEXT COLLATE "C" NOT NULL;
-- Open findings by severity.
ALTER TABLE scans ADD COLUMN open TEXT COLLATE "C" NOT NULL;
ALTER TABLE scans DROP COLUMN assessment;
ALTER TABLE scans DROP COLUMN calls;
ALTER TABLE scans DROP COLUMN standing;

-- When the version was first seen: the time of `valid_from`, or of an older scan that was pruned.
ALTER TABLE versions ADD COLUMN since BIGINT NOT NULL;

-- What refers to a scan or a document is found when those are pruned.
CREATE INDEX versions_from ON versions (valid_from);
CREATE INDEX versions_to ON versions (valid_to) WHERE valid_to IS NOT NULL;
CREATE INDEX versions_of_last_known ON versions (last_known) WHERE last_known IS NOT NULL;
