//! Why a place of a planned document is unknown, in the words that several stages must tell apart.

/// Why a place of an existing resource is unknown when no resource of the plan sets it.
pub const NOT_HELD: &str = "the plan does not hold it; it may be set outside Terraform";

/// What a plan can never tell.
pub const NEVER_HELD: &str = "a plan does not hold it";

/// How the reason of a place ends whose whole resource is not in the plan: only parts of it are.
pub const NOT_IN_PLAN: &str = " is not in the plan";

/// Whether a place is unknown because no resource of the plan holds it, and for no other reason.
#[must_use]
pub fn is_not_held(why: &str) -> bool {
    why == NOT_HELD || why == NEVER_HELD || why.ends_with(NOT_IN_PLAN) && !why.contains(';')
}
