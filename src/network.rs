//! The algebra of reach: sets of address × port.
