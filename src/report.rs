//! Files and terminal output.
