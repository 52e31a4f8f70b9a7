//! Two snapshots -> what changed, by meaning.
