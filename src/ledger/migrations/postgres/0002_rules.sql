-- The rules of the latest scan, as their METADATA had them: what a rule was when its file cannot be
-- read any more.
CREATE TABLE rules (
    id   TEXT COLLATE "C" PRIMARY KEY,
    rule TEXT COLLATE "C" NOT NULL
);
