-- How long detection takes. Times are milliseconds since 1970-01-01T00:00:00Z.

-- When a list that is not whole was whole last; NULL when it is whole, or never was.
ALTER TABLE listings ADD COLUMN whole_at BIGINT;

-- Of the first version of a resource: when a whole list last did not hold it. NULL when no such list is
-- known, and for versions that follow another.
ALTER TABLE versions ADD COLUMN absent_at BIGINT;

-- How long the opening took from the change: at most, or exactly, so many seconds; the API call that made
-- the change. NULL where that is not known.
ALTER TABLE findings ADD COLUMN bound TEXT;
ALTER TABLE findings ADD COLUMN delay BIGINT;
ALTER TABLE findings ADD COLUMN event TEXT;
-- Which calls are still looked for, and until when. The delay is counted when this is NULL again.
ALTER TABLE findings ADD COLUMN awaited TEXT;
CREATE INDEX findings_awaited ON findings (id) WHERE awaited IS NOT NULL;
