//! What a decision depends on, to the point: unknown keys are tried with every value that makes a
//! difference.
//!
//! Statement by statement, `k is a` and `k is not a` both depend on `k`; together they do not.
//! Keys whose values cannot be listed, or not within the budget, stay unknown.

use std::collections::BTreeSet;

use super::combine::{Case, Layers};
use super::layer::Said;
use super::{Policies, domain};
use crate::policy::{Denial, KeyValue, Need, Request, Truth};

/// How many requests are tried at most, and how many statements are asked in all of them.
const REQUESTS: usize = 1024;
const STATEMENTS: usize = 200_000;

/// What all possible requests have in common.
pub(super) enum Outcome {
    /// All are allowed.
    Allow,
    /// All are denied; why one of them is.
    Deny(Denial),
    /// It depends on these, and on nothing else.
    Depends(BTreeSet<Need>),
}

/// A key with the values to try.
struct Choice {
    key: String,
    values: Vec<KeyValue>,
}

/// A statement that takes the request or may: layer, policy, place, and whether it surely does.
type Takes<'p> = (usize, &'p str, usize, bool);

/// What one of the possible requests gives.
struct Tried<'p> {
    truth: Truth,
    /// Where that still depends on something: what each layer says, and which statements take the
    /// request or may.
    says: Option<(Vec<[Truth; 4]>, Vec<Takes<'p>>)>,
}

/// Tries what is unknown of a request that, statement by statement, depends on `needs`.
pub(super) fn decide(request: &Request, policies: &Policies<'_>, needs: BTreeSet<Need>) -> Outcome {
    let choices = choices(request, policies, &needs);
    if choices.is_empty() {
        return Outcome::Depends(needs);
    }
    let results = try_all(request, policies, &choices);
    if results.iter().all(|result| result.truth == Truth::Yes) {
        return Outcome::Allow;
    }
    if results.iter().all(|result| result.truth == Truth::No) {
        return Outcome::Deny(denial(request, policies, &choices));
    }
    Outcome::Depends(relevant(&choices, &results))
}

/// The unknown keys whose values can be listed, those with the fewest first, as many as the budget
/// allows.
fn choices(request: &Request, policies: &Policies<'_>, needs: &BTreeSet<Need>) -> Vec<Choice> {
    let keys = needs.iter().filter_map(|need| match need {
        Need::Key(key) => Some(key),
        Need::Policy(_) => None,
    });
    let listed = |key: &String| {
        let mut values = domain::values(key, &request.action, policies)?;
        if *request.context.get(key) == KeyValue::Unknown {
            values.push(KeyValue::Absent);
        }
        Some(Choice { key: key.clone(), values })
    };
    let mut choices: Vec<Choice> = keys.filter_map(listed).collect();
    choices.sort_by_key(|choice| choice.values.len());
    let budget = REQUESTS.min(STATEMENTS / policies.statements().max(1));
    let mut requests = 1;
    choices.retain(|choice| {
        let more = requests * choice.values.len();
        let affordable = more <= budget;
        requests = if affordable { more } else { requests };
        affordable
    });
    choices
}

/// The decision for every combination; the first key's value changes fastest.
fn try_all<'p>(request: &Request, policies: &'p Policies<'p>, choices: &[Choice]) -> Vec<Tried<'p>> {
    let combinations: usize = choices.iter().map(|choice| choice.values.len()).product();
    let mut tried = request.clone();
    (0..combinations)
        .map(|number| {
            set(&mut tried, choices, number);
            Tried::of(&Case::of(&tried), policies)
        })
        .collect()
}

impl<'p> Tried<'p> {
    fn of(case: &Case<'_>, policies: &'p Policies<'p>) -> Self {
        let layers = Layers::ask(case, policies);
        let truth = layers.decides(case);
        let says = matches!(truth, Truth::Depends(_)).then(|| {
            let truths = |said: &Said<'_>| [&said.direct, &said.to_role, &said.delegated, &said.deny].map(Clone::clone);
            let hits = layers.all().enumerate().flat_map(|(layer, said)| {
                let hits = said.allowing.iter().chain(&said.denying);
                hits.map(move |hit| (layer, hit.policy.name.as_ref(), hit.statement, hit.certain))
            });
            (layers.all().map(truths).collect(), hits.collect())
        });
        Self { truth, says }
    }

    /// Whether two requests surely have the same answer, whatever is still unknown. Equal needs
    /// are not enough: `m` may have to be one value here and another there.
    fn is_as(&self, other: &Self) -> bool {
        match (&self.says, &other.says) {
            _ if self.truth != other.truth => false,
            (Some((own, hits)), Some((others, other_hits))) => {
                hits == other_hits || (own == others && !own.iter().flatten().any(depends_on_keys))
            }
            _ => true,
        }
    }
}

fn depends_on_keys(truth: &Truth) -> bool {
    matches!(truth, Truth::Depends(needs) if needs.iter().any(|need| matches!(need, Need::Key(_))))
}

fn set(request: &mut Request, choices: &[Choice], mut number: usize) {
    for Choice { key, values } in choices {
        if let Some(slot) = request.context.keys.get_mut(key) {
            slot.clone_from(&values[number % values.len()]);
        } else {
            request.context.keys.insert(key.clone(), values[number % values.len()].clone());
        }
        number /= values.len();
    }
}

/// The keys of which a change alone changes the result, and what results still depend on.
fn relevant(choices: &[Choice], results: &[Tried<'_>]) -> BTreeSet<Need> {
    let mut needs = BTreeSet::new();
    let mut stride = 1;
    for Choice { key, values } in choices {
        let next = |at: usize| (at / stride) % values.len() + 1 < values.len();
        if (0..results.len()).any(|at| next(at) && !results[at].is_as(&results[at + stride])) {
            needs.insert(Need::Key(key.clone()));
        }
        stride *= values.len();
    }
    for result in results {
        if let Truth::Depends(more) = &result.truth {
            needs.extend(more.iter().cloned());
        }
    }
    needs
}

/// Why the first of the possible requests is denied, said of all.
fn denial(request: &Request, policies: &Policies<'_>, choices: &[Choice]) -> Denial {
    let mut tried = request.clone();
    set(&mut tried, choices, 0);
    let case = Case::of(&tried);
    let denial = super::explain::denial(&case, &Layers::ask(&case, policies));
    let keys: Vec<&str> = choices.iter().map(|choice| choice.key.as_str()).collect();
    Denial { reason: format!("{}, whatever {} is", denial.reason, keys.join(" and ")), ..denial }
}
