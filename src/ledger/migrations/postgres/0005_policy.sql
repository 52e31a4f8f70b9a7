-- The budget policy: what is active, what began and ended, what the gate answered, and who was told.
-- Times are milliseconds since 1970-01-01T00:00:00Z.

-- Which stages and triggers are active, one row for each objective by its name.
CREATE TABLE policy_states (
    slo   TEXT COLLATE "C" PRIMARY KEY,
    at    BIGINT NOT NULL,
    state TEXT COLLATE "C" NOT NULL
);

-- Stages and triggers that began or ended.
CREATE TABLE policy_transitions (
    id     BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at     BIGINT NOT NULL,
    slo    TEXT COLLATE "C" NOT NULL,
    action TEXT COLLATE "C" NOT NULL,
    begins BOOLEAN NOT NULL,
    cause  TEXT COLLATE "C" NOT NULL
);
CREATE INDEX policy_transitions_by_time ON policy_transitions (at);

-- Answers of the gate with their reasons.
CREATE TABLE decisions (
    id       BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at       BIGINT NOT NULL,
    outcome  TEXT COLLATE "C" NOT NULL,
    -- The strictest reason in one word.
    reason   TEXT COLLATE "C" NOT NULL,
    -- Content hash of the plan; NULL without one.
    plan     TEXT COLLATE "C",
    decision TEXT COLLATE "C" NOT NULL
);
CREATE INDEX decisions_by_time ON decisions (at);

-- How many there were; never falls, also when answers are forgotten.
CREATE TABLE decision_counts (
    outcome TEXT COLLATE "C" NOT NULL,
    reason  TEXT COLLATE "C" NOT NULL,
    times   BIGINT NOT NULL,
    PRIMARY KEY (outcome, reason)
);

-- People who set answers aside for a while.
CREATE TABLE overrides (
    id        BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at        BIGINT NOT NULL,
    begins_at BIGINT NOT NULL,
    ends_at   BIGINT NOT NULL,
    terms     TEXT COLLATE "C" NOT NULL
);

-- People who looked at what a trigger reported.
CREATE TABLE reviews (
    id       BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at       BIGINT NOT NULL,
    slo      TEXT COLLATE "C" NOT NULL,
    what     TEXT COLLATE "C" NOT NULL,
    reviewer TEXT COLLATE "C" NOT NULL,
    note     TEXT COLLATE "C" NOT NULL
);

-- Who is told of a transition: pending, sent, or given up.
CREATE TABLE notifications (
    id         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    transition BIGINT NOT NULL REFERENCES policy_transitions (id),
    target     TEXT COLLATE "C" NOT NULL,
    state      TEXT COLLATE "C" NOT NULL,
    attempts   BIGINT NOT NULL,
    at         BIGINT NOT NULL,
    error      TEXT COLLATE "C"
);
CREATE INDEX notifications_of_transition ON notifications (transition);
CREATE INDEX notifications_unsent ON notifications (id) WHERE state <> 'sent';
