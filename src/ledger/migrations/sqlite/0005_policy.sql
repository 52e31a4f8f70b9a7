-- The budget policy: what is active, what began and ended, what the gate answered, and who was told.
-- Times are milliseconds since 1970-01-01T00:00:00Z.

-- Which stages and triggers are active, one row for each objective by its name.
CREATE TABLE policy_states (
    slo   TEXT PRIMARY KEY,
    at    BIGINT NOT NULL,
    state TEXT NOT NULL
) WITHOUT ROWID;

-- Stages and triggers that began or ended.
CREATE TABLE policy_transitions (
    id     INTEGER PRIMARY KEY,
    at     BIGINT NOT NULL,
    slo    TEXT NOT NULL,
    action TEXT NOT NULL,
    begins BOOLEAN NOT NULL,
    cause  TEXT NOT NULL
);
CREATE INDEX policy_transitions_by_time ON policy_transitions (at);

-- Answers of the gate with their reasons.
CREATE TABLE decisions (
    id       INTEGER PRIMARY KEY,
    at       BIGINT NOT NULL,
    outcome  TEXT NOT NULL,
    -- The strictest reason in one word.
    reason   TEXT NOT NULL,
    -- Content hash of the plan; NULL without one.
    plan     TEXT,
    decision TEXT NOT NULL
);
CREATE INDEX decisions_by_time ON decisions (at);

-- How many there were; never falls, also when answers are forgotten.
CREATE TABLE decision_counts (
    outcome TEXT NOT NULL,
    reason  TEXT NOT NULL,
    times   BIGINT NOT NULL,
    PRIMARY KEY (outcome, reason)
) WITHOUT ROWID;

-- People who set answers aside for a while.
CREATE TABLE overrides (
    id        INTEGER PRIMARY KEY,
    at        BIGINT NOT NULL,
    begins_at BIGINT NOT NULL,
    ends_at   BIGINT NOT NULL,
    terms     TEXT NOT NULL
);

-- People who looked at what a trigger reported.
CREATE TABLE reviews (
    id       INTEGER PRIMARY KEY,
    at       BIGINT NOT NULL,
    slo      TEXT NOT NULL,
    what     TEXT NOT NULL,
    reviewer TEXT NOT NULL,
    note     TEXT NOT NULL
);

-- Who is told of a transition: pending, sent, or given up.
CREATE TABLE notifications (
    id         INTEGER PRIMARY KEY,
    transition BIGINT NOT NULL REFERENCES policy_transitions (id),
    target     TEXT NOT NULL,
    state      TEXT NOT NULL,
    attempts   BIGINT NOT NULL,
    at         BIGINT NOT NULL,
    error      TEXT
);
CREATE INDEX notifications_of_transition ON notifications (transition);
CREATE INDEX notifications_unsent ON notifications (id) WHERE state <> 'sent';
