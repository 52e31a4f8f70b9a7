//! The life cycle of findings.
