//! What every output tells of a decision beside its findings: why the exit code is what it is, what
//! would have denied, from which scan the plan was filled, and what the unknown evaluations wait for.

use crate::gate::{Decision, Effect, Filled, GateFinding, ToldBy, UnknownCause};
use crate::slo::policy::Why;

use super::budget::sentence;
use super::terminal::{counted, moment};

/// Causes of a kind that are named; the others are counted.
const NAMED: usize = 8;

/// Whether a finding is listed for people. What is unknown and stays as it is, is only counted: a
/// plan that changes one bucket of a hundred says nothing new about the others.
pub(super) fn is_listed(finding: &GateFinding) -> bool {
    finding.effect != Effect::Unknown || finding.touched || finding.denies
}

/// How many findings are only counted.
pub(super) fn unlisted(decision: &Decision) -> usize {
    decision.findings.iter().filter(|finding| !is_listed(finding)).count()
}

/// `3 unknown evaluations are of resources that …`; `None` when all are listed.
pub(super) fn unlisted_sentence(decision: &Decision) -> Option<String> {
    let count = unlisted(decision);
    let (verb, them) = if count == 1 { ("is", "it") } else { ("are", "them") };
    let what = counted(count, "unknown evaluation");
    (count > 0).then(|| {
        format!("{what} {verb} of resources that the plan does not change, and not listed; --output json lists {them}")
    })
}

/// What the budget policy says of a plan, a sentence each, what it answers first; empty when it was not
/// asked.
pub(super) fn budget(decision: &Decision) -> Vec<String> {
    let Some(budget) = &decision.budget else { return Vec::new() };
    let answer = format!("Budget policy: {}", budget.policy_says());
    let because = budget.because.iter().filter(|reason| reason.why != Why::Rules);
    std::iter::once(answer).chain(because.map(sentence)).collect()
}

/// The same on one line.
pub(super) fn budget_line(decision: &Decision) -> Option<String> {
    let sentences = budget(decision);
    let (answer, because) = sentences.split_first()?;
    Some(if because.is_empty() { answer.clone() } else { format!("{answer}: {}", because.join("; ")) })
}

/// Whether the budget policy keeps the plan from going ahead.
pub(super) fn budget_stops(decision: &Decision) -> bool {
    decision.budget.as_ref().is_some_and(|budget| !budget.policy.goes_ahead())
}

/// What would have denied: `What denies: failures of severity high or worse that the plan makes`.
pub(super) fn policy(decision: &Decision) -> String {
    format!("What denies: {}", decision.policy)
}

/// From which scan, and what it told. The age is left out, so that the text stays the same.
pub(super) fn filled(filled: &Filled) -> String {
    format!("Filled from {}, taken {}: {}", filled.from, moment(filled.taken_at), filling(filled))
}

/// `4 places of 2 resources of the plan, 5 live resources beside it`.
pub(super) fn filling(filled: &Filled) -> String {
    let (places, resources) = (counted(filled.places, "place"), counted(filled.resources, "resource"));
    format!("{places} of {resources} of the plan, {} beside it", counted(filled.beside, "live resource"))
}

/// Causes that the same thing tells.
pub(super) struct CauseGroup<'a> {
    /// What is to be said of them.
    pub(super) meaning: &'static str,
    /// Those that are named.
    pub(super) causes: Vec<&'a UnknownCause>,
    /// How many more there are.
    pub(super) more: usize,
}

/// What the unknown evaluations wait for, by what tells it.
pub(super) fn cause_groups(decision: &Decision) -> Vec<CauseGroup<'_>> {
    let kinds = [ToldBy::Apply, ToldBy::Scan, ToldBy::Account, ToldBy::Nothing];
    let groups = kinds.into_iter().map(|kind| {
        let mut causes: Vec<&UnknownCause> =
            decision.unknown_by_cause.iter().filter(|cause| cause.told_by == kind).collect();
        let more = causes.len().saturating_sub(NAMED);
        causes.truncate(NAMED);
        CauseGroup { meaning: kind.meaning(decision.filled.is_some()), causes, more }
    });
    groups.filter(|group| !group.causes.is_empty()).collect()
}

/// How many evaluations wait for something: `8 unknown evaluations wait for`.
pub(super) fn waiting(decision: &Decision) -> String {
    let waits = |finding: &&GateFinding| !finding.waits_for.is_empty();
    let exposed = decision.with(Effect::Exposed).filter(waits).count();
    let count = exposed + decision.with(Effect::Unknown).filter(waits).count();
    let verb = if count == 1 { "waits" } else { "wait" };
    let what = match exposed {
        0 => "unknown evaluation",
        all if all == count => "exposed evaluation",
        _ => "unknown or exposed evaluation",
    };
    format!("{} {verb} for", counted(count, what))
}

/// `policy of AWS::S3::Bucket: 8 evaluations of 1 resource`.
pub(super) fn cause(cause: &UnknownCause) -> String {
    let (evaluations, resources) = (counted(cause.evaluations, "evaluation"), counted(cause.resources, "resource"));
    format!("{}: {evaluations} of {resources}", cause.cause)
}

/// All of it as names and texts, for formats that have properties.
#[must_use]
pub fn properties(decision: &Decision) -> Vec<(String, String)> {
    let mut properties = vec![
        ("outcome".to_owned(), decision.word().to_owned()),
        ("why".to_owned(), decision.why()),
        ("denies".to_owned(), decision.policy.to_string()),
        ("counts".to_owned(), decision.counts()),
        ("indicator".to_owned(), decision.sli.to_string()),
    ];
    properties.extend(budget(decision).into_iter().map(|said| ("budget".to_owned(), said)));
    properties.extend(decision.remark.map(|remark| ("remark".to_owned(), remark.to_string())));
    if let Some(scan) = &decision.filled {
        properties.push(("filled".to_owned(), filled(scan)));
        properties.extend(scan.notes.iter().map(|note| ("filled.note".to_owned(), note.clone())));
    }
    for group in cause_groups(decision) {
        let named = group.causes.iter().map(|one| format!("{} ({})", cause(one), group.meaning));
        properties.extend(named.map(|text| ("unknown".to_owned(), text)));
        if group.more > 0 {
            properties
                .push(("unknown".to_owned(), format!("{} more ({})", counted(group.more, "cause"), group.meaning)));
        }
    }
    properties
}
