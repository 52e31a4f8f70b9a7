-- Why the indicator moved with a scan, and why a finding opened. NULL for what older editions kept.
ALTER TABLE scans ADD COLUMN step TEXT;
ALTER TABLE findings ADD COLUMN cause TEXT;
