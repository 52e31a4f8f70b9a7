-- The rules of the latest scan, as their METADATA had them: what a rule was when its file cannot be
-- read any more.
CREATE TABLE rules (
    id   TEXT PRIMARY KEY,
    rule TEXT NOT NULL
);
