//! The dependency rules between the rooms of `src/`.
