//! Waivers: failures that somebody accepted, until a day.
//!
//! A waiver turns `fail` into `waived` and nothing else: what is unknown stays unknown. An expired
//! waiver does not waive; it is reported, and so is one that matches nothing.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{AccountId, Evaluation, ResourceId, Verdict};

/// An accepted failure.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Waiver {
    /// Rule id; `*` stands for any characters.
    pub rule: String,
    /// Resource: its ARN, the part of the ARN after the account, or its name; `*` stands for any
    /// characters.
    pub resource: String,
    /// Account, when it holds in one only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    /// Why the failure is accepted.
    pub reason: String,
    /// Who accepted it.
    pub owner: String,
    /// Where that is written down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<String>,
    /// The last day on which it holds, in UTC.
    #[schemars(with = "String")]
    pub expires: Date,
}

/// What became of the waivers, by position in the list that was given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WaiverUse {
    /// In force, with the number of evaluations each waived.
    pub used: Vec<(usize, usize)>,
    /// No longer in force.
    pub expired: Vec<usize>,
    /// In force, and nothing failed that they are about.
    pub unmatched: Vec<usize>,
}

/// Turns accepted failures into `waived`. Of several waivers the first counts.
pub fn apply(evaluations: &mut [Evaluation], waivers: &[Waiver], now: Timestamp) -> WaiverUse {
    let mut counts = vec![0usize; waivers.len()];
    let in_force: Vec<bool> = waivers.iter().map(|waiver| waiver.in_force(now)).collect();
    for evaluation in evaluations {
        let matching = (0..waivers.len()).find(|&at| in_force[at] && waivers[at].is_about(evaluation));
        if let Some(at) = matching
            && let Verdict::Fail { denials, open } = &mut evaluation.verdict
        {
            counts[at] += 1;
            let reason = waivers[at].reason.clone();
            let (denials, open) = (std::mem::take(denials), std::mem::take(open));
            evaluation.verdict = Verdict::Waived { denials, open, reason };
        }
    }
    let mut outcome = WaiverUse::default();
    for (at, count) in counts.into_iter().enumerate() {
        match (in_force[at], count) {
            (false, _) => outcome.expired.push(at),
            (true, 0) => outcome.unmatched.push(at),
            (true, count) => outcome.used.push((at, count)),
        }
    }
    outcome
}

/// BLAKE3 over the waivers: it changes when they do, not with their order.
#[must_use]
pub fn digest(waivers: &[Waiver]) -> String {
    let mut sorted: Vec<&Waiver> = waivers.iter().collect();
    sorted.sort();
    let mut hasher = blake3::Hasher::new();
    for waiver in sorted {
        let account = waiver.account.as_ref().map_or("", AccountId::as_str);
        let expires = waiver.expires.to_string();
        let ticket = waiver.ticket.as_deref().unwrap_or_default();
        for part in [&waiver.rule, &waiver.resource, account, &waiver.reason, &waiver.owner, ticket, &expires] {
            hasher.update(&(part.len() as u64).to_le_bytes()).update(part.as_bytes());
        }
    }
    hasher.finalize().to_hex().to_string()
}

impl Waiver {
    /// Whether it holds at this time: until the end of its last day.
    #[must_use]
    pub fn in_force(&self, now: Timestamp) -> bool {
        now.to_zoned(TimeZone::UTC).date() <= self.expires
    }

    /// Whether it runs out within so many days.
    #[must_use]
    pub fn expires_within(&self, days: i32, now: Timestamp) -> bool {
        let last = now.to_zoned(TimeZone::UTC).date().saturating_add(days.days());
        self.in_force(now) && self.expires <= last
    }

    /// Whether it is about this rule on this resource.
    #[must_use]
    pub fn is_about(&self, evaluation: &Evaluation) -> bool {
        let resource = &evaluation.resource;
        self.account.as_ref().is_none_or(|account| *account == resource.account)
            && matches(&self.rule, evaluation.rule.as_str())
            && names(&resource.id).iter().any(|name| matches(&self.resource, name))
    }
}

/// The ARN, its part after the account (`role/ci/deploy`), and the last word of that (`deploy`).
fn names(id: &ResourceId) -> Vec<&str> {
    let id = id.as_str();
    let mut names = vec![id];
    if let Some(part) = id.splitn(6, ':').nth(5) {
        names.push(part);
        names.extend(part.rsplit('/').next());
    }
    names
}

/// Whether the pattern, in which `*` stands for any characters, matches the whole text.
fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(rest) = text.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let mut rest = rest;
    let mut last = None;
    for part in parts {
        if let Some(middle) = last.replace(part) {
            let middle: &str = middle;
            match rest.find(middle) {
                Some(at) => rest = &rest[at + middle.len()..],
                None => return false,
            }
        }
    }
    last.map_or(rest.is_empty(), |end| rest.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Denial, Pointer, Region, ResourceKey, ResourceType, RuleId, Severity};

    fn evaluation(id: &str, verdict: Verdict) -> Evaluation {
        Evaluation {
            rule: RuleId::new("aws-s3-not-public").unwrap(),
            severity: Severity::High,
            resource: ResourceKey {
                account: AccountId::new("111122223333").unwrap(),
                region: Region::global(),
                resource_type: ResourceType::Bucket,
                id: ResourceId::new(id).unwrap(),
            },
            verdict,
        }
    }

    fn fail() -> Verdict {
        let path = Pointer::new("/facts/public");
        Verdict::Fail {
            denials: vec![Denial { message: "public".to_owned(), path, because: Vec::new(), topic: None }],
            open: Vec::new(),
        }
    }

    fn waiver(rule: &str, resource: &str, expires: &str) -> Waiver {
        Waiver {
            rule: rule.to_owned(),
            resource: resource.to_owned(),
            account: None,
            reason: "a public website".to_owned(),
            owner: "web".to_owned(),
            ticket: None,
            expires: expires.parse().unwrap(),
        }
    }

    fn at(time: &str) -> Timestamp {
        time.parse().unwrap()
    }

    #[test]
    fn a_waiver_waives_until_the_end_of_its_last_day() {
        let waivers = [waiver("aws-s3-*", "site-*", "2026-11-22")];
        let mut evaluations = [evaluation("arn:aws:s3:::site-a", fail()), evaluation("arn:aws:s3:::data", fail())];
        let on_time = apply(&mut evaluations, &waivers, at("2026-11-22T23:59:59Z"));
        assert_eq!(on_time.used, [(0, 1)]);
        assert_eq!(evaluations[0].verdict.name(), "waived");
        assert_eq!(evaluations[1].verdict.name(), "fail");
        let mut evaluations = [evaluation("arn:aws:s3:::site-a", fail())];
        let late = apply(&mut evaluations, &waivers, at("2026-11-23T00:00:00Z"));
        assert_eq!((late.expired, evaluations[0].verdict.name()), (vec![0], "fail"));
    }

    #[test]
    fn what_is_unknown_or_passes_is_not_waived() {
        let waivers = [waiver("*", "*", "2030-01-01")];
        let mut evaluations = [
            evaluation("arn:aws:s3:::a", Verdict::Pass),
            evaluation("arn:aws:s3:::b", Verdict::Unknown { causes: vec!["x".to_owned()] }),
        ];
        let before = evaluations.clone();
        assert_eq!(apply(&mut evaluations, &waivers, at("2026-01-01T00:00:00Z")).unmatched, [0]);
        assert_eq!(evaluations, before);
    }

    #[test]
    fn a_resource_is_named_by_arn_by_part_or_by_name() {
        let of = |pattern: &str, id: &str| waiver("*", pattern, "2030-01-01").is_about(&evaluation(id, fail()));
        let role = "arn:aws:iam::111122223333:role/ci/deploy";
        assert!(of(role, role) && of("role/ci/*", role) && of("deploy", role) && of("*", role));
        assert!(!of("ci", role) && !of("role/ci", role) && !of("deplo", role));
        let foreign =
            Waiver { account: Some(AccountId::new("444455556666").unwrap()), ..waiver("*", "*", "2030-01-01") };
        assert!(!foreign.is_about(&evaluation(role, fail())));
    }

    #[test]
    fn a_star_stands_for_any_characters() {
        for (pattern, text, expected) in [
            ("a*c", "abc", true),
            ("a*c", "ac", true),
            ("a*b*c", "a1b2b3c", true),
            ("a*b*c", "a1c", false),
            ("*b", "ab", true),
            ("ab*ba", "aba", false),
            ("abc", "abcd", false),
            ("", "", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn the_digest_does_not_hang_on_order() {
        let (a, b) = (waiver("a", "x", "2030-01-01"), waiver("b", "x", "2030-01-01"));
        assert_eq!(digest(&[a.clone(), b.clone()]), digest(&[b.clone(), a.clone()]));
        assert_ne!(digest(std::slice::from_ref(&a)), digest(&[a, b]));
    }
}
