//! What follows from configuration.
