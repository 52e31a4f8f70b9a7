//! A read-only simulated AWS endpoint.
