//! How much fails, and how much of it was seen.
