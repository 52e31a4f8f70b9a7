//! The store of scans, findings and counters.
