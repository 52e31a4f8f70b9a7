-- Small scans: what only the latest scan is asked for moves to a table of one row, and the others keep
-- numbers by state. Tallies of objectives. When versions began, so that old scans can go.

-- Each objective by the digest of its definition.
CREATE TABLE slos (
    id     INTEGER PRIMARY KEY,
    digest TEXT NOT NULL UNIQUE
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
) WITHOUT ROWID;

-- What only the latest scan says in full: one row.
CREATE TABLE latest (
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    scan       BIGINT NOT NULL REFERENCES scans (id),
    assessment TEXT NOT NULL,
    calls      TEXT NOT NULL
);

INSERT INTO latest (id, scan, assessment, calls) SELECT 1, id, assessment, calls FROM scans ORDER BY id DESC LIMIT 1;

-- How long the states hold, in milliseconds, and the longest scan so far, of which it is made.
ALTER TABLE scans ADD COLUMN hold BIGINT NOT NULL DEFAULT 0;
ALTER TABLE scans ADD COLUMN longest BIGINT NOT NULL DEFAULT 0;
-- Resources by slice and state: pass, fail by severity from critical to low, waived, unknown, stale,
-- unlisted.
ALTER TABLE scans ADD COLUMN slices TEXT NOT NULL DEFAULT '{}';
-- Open findings by severity.
ALTER TABLE scans ADD COLUMN open TEXT NOT NULL DEFAULT '[0,0,0,0]';

WITH running AS (SELECT id, max(finished - started) OVER (ORDER BY id) AS longest FROM scans)
UPDATE scans SET longest = running.longest FROM running WHERE running.id = scans.id;
-- The hold was written as `PT1H30M2.013S`, of which each part may be missing.
WITH iso AS (SELECT id, substr(json_extract(standing, '$.hold'), 3) AS rest FROM scans),
     hours AS (SELECT id, CASE instr(rest, 'H') WHEN 0 THEN 0 ELSE CAST(substr(rest, 1, instr(rest, 'H') - 1) AS INTEGER) END AS h,
                      substr(rest, instr(rest, 'H') + 1) AS rest FROM iso),
     minutes AS (SELECT id, h, CASE instr(rest, 'M') WHEN 0 THEN 0 ELSE CAST(substr(rest, 1, instr(rest, 'M') - 1) AS INTEGER) END AS m,
                        substr(rest, instr(rest, 'M') + 1) AS rest FROM hours),
     parsed AS (SELECT id, (h * 3600 + m * 60) * 1000 + CAST(round(CAST(replace(rest, 'S', '') AS REAL) * 1000) AS INTEGER) AS hold
                FROM minutes)
UPDATE scans SET hold = parsed.hold FROM parsed WHERE parsed.id = scans.id;
UPDATE scans SET
    open = json_array(json_extract(standing, '$.findings.critical'), json_extract(standing, '$.findings.high'),
        json_extract(standing, '$.findings.medium'), json_extract(standing, '$.findings.low')),
    slices = json_object(
        'overall', json_array(json_extract(assessment, '$.overall.resources.pass'), json_extract(assessment,
            '$.overall.resources.fail.critical'), json_extract(assessment, '$.overall.resources.fail.high'),
            json_extract(assessment, '$.overall.resources.fail.medium'), json_extract(assessment,
            '$.overall.resources.fail.low'), json_extract(assessment, '$.overall.resources.waived'),
            json_extract(assessment, '$.overall.resources.unknown'), json_extract(assessment,
            '$.overall.stale'), json_extract(assessment, '$.overall.unlisted')),
        'severities', (SELECT json_group_object(key,
            json_array(json_extract(value, '$.resources.pass'), json_extract(value,
            '$.resources.fail.critical'), json_extract(value, '$.resources.fail.high'), json_extract(value,
            '$.resources.fail.medium'), json_extract(value, '$.resources.fail.low'), json_extract(value,
            '$.resources.waived'), json_extract(value, '$.resources.unknown'), json_extract(value, '$.stale'),
            json_extract(value, '$.unlisted')))
            FROM json_each(assessment, '$.severities')),
        'services', (SELECT json_group_object(key,
            json_array(json_extract(value, '$.resources.pass'), json_extract(value,
            '$.resources.fail.critical'), json_extract(value, '$.resources.fail.high'), json_extract(value,
            '$.resources.fail.medium'), json_extract(value, '$.resources.fail.low'), json_extract(value,
            '$.resources.waived'), json_extract(value, '$.resources.unknown'), json_extract(value, '$.stale'),
            json_extract(value, '$.unlisted')))
            FROM json_each(assessment, '$.services'))),
    integrals = json_object(
        'findings', json_array(json_extract(integrals, '$.findings.critical'), json_extract(integrals,
            '$.findings.high'), json_extract(integrals, '$.findings.medium'), json_extract(integrals,
            '$.findings.low')),
        'services', (SELECT json_group_object(key,
            json_array(json_extract(value, '$.pass'), json_extract(value, '$.fail.critical'),
            json_extract(value, '$.fail.high'), json_extract(value, '$.fail.medium'), json_extract(value,
            '$.fail.low'), json_extract(value, '$.waived'), json_extract(value, '$.unknown')))
            FROM json_each(integrals, '$.resources')));
ALTER TABLE scans DROP COLUMN assessment;
ALTER TABLE scans DROP COLUMN calls;
ALTER TABLE scans DROP COLUMN standing;

-- When the version was first seen: the time of `valid_from`, or of an older scan that was pruned.
ALTER TABLE versions ADD COLUMN since BIGINT NOT NULL DEFAULT 0;
UPDATE versions SET since = (SELECT taken_at FROM scans WHERE scans.id = valid_from);

-- What refers to a scan or a document is found when those are pruned.
CREATE INDEX versions_from ON versions (valid_from);
CREATE INDEX versions_to ON versions (valid_to) WHERE valid_to IS NOT NULL;
CREATE INDEX versions_of_last_known ON versions (last_known) WHERE last_known IS NOT NULL;
