//! Waivers: failures that somebody accepted, until a day.
//!
//! A waiver turns `fail` into `waived` and nothing else: what is unknown stays unknown. An expired
//! waiver does not waive; it is reported, and so is one that matches nothing.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{AccountId, Evaluation, Resource, ResourceId, ResourceKey, Rule, Severity, Verdict};

/// An accepted failure.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Waiver {
    /// Rule id; `*` stands for any characters.
    pub rule: String,
    /// Only failures of at most this severity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// Resource: its ARN, the part of the ARN after the account, or its name; `*` stands for any
    /// characters.
    pub resource: String,
    /// Account, when it holds in one only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    /// Tags that the resource must have; `*` stands for any characters of a value.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// Why the failure is accepted.
    pub reason: String,
    /// Who accepted it.
    pub owner: String,
    /// Where that is written down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<String>,
    /// The day on which it was accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub granted: Option<Date>,
    /// The last day on which it holds, in UTC.
    #[schemars(with = "String")]
    pub expires: Date,
}

/// What waivers may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// The longest that one may hold, in days, from the day it was granted; from today when it
    /// does not say.
    pub maximum_days: i32,
    /// How many days before its end it is warned of.
    pub warn_days: i32,
    /// How many failures one may accept before it is called over-broad.
    pub most_failures: usize,
}

impl Default for Terms {
    fn default() -> Self {
        Self { maximum_days: 365, warn_days: 14, most_failures: 20 }
    }
}

/// Whether a waiver accepts anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It does.
    InForce,
    /// Its last day is over.
    Expired,
    /// It would hold for more days than waivers may, so many.
    TooLong(i32),
}

/// What became of the waivers, by position in the list that was given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WaiverUse {
    /// In force, with the number of evaluations each waived.
    pub used: Vec<(usize, usize)>,
    /// No longer in force.
    pub expired: Vec<usize>,
    /// Not in force, because they would hold for too long.
    pub too_long: Vec<usize>,
    /// In force, and nothing failed that they are about.
    pub unmatched: Vec<usize>,
}

/// The resources whose names and tags waivers ask for.
#[derive(Debug, Default)]
pub struct Tagged<'a>(BTreeMap<ResourceKey, &'a Resource>);

impl<'a> Tagged<'a> {
    /// The names and tags of these resources; nothing is kept when there is no waiver.
    #[must_use]
    pub fn of(resources: impl IntoIterator<Item = &'a Resource>, waivers: &[Waiver]) -> Self {
        if waivers.is_empty() {
            return Self::default();
        }
        Self(resources.into_iter().map(|resource| (ResourceKey::from(resource), resource)).collect())
    }

    /// What the resource is called: the parts of its ARN, the name people use, and its address in
    /// Terraform when it comes from there.
    fn names<'n>(&self, key: &'n ResourceKey) -> Vec<&'n str>
    where
        'a: 'n,
    {
        let mut names = names(&key.id);
        if let Some(resource) = self.0.get(key) {
            names.push(&resource.name);
            names.extend(resource.origin.terraform_address.as_deref());
        }
        names
    }

    /// Whether the resource is known to have all these tags.
    fn has(&self, key: &ResourceKey, wanted: &BTreeMap<String, String>) -> bool {
        wanted.is_empty()
            || self.0.get(key).is_some_and(|resource| {
                wanted
                    .iter()
                    .all(|(name, pattern)| resource.tags.get(name).is_some_and(|value| matches(pattern, value)))
            })
    }
}

/// Turns accepted failures into `waived`. Of several waivers the first counts.
pub fn apply(
    evaluations: &mut [Evaluation],
    waivers: &[Waiver],
    terms: Terms,
    tagged: &Tagged<'_>,
    now: Timestamp,
) -> WaiverUse {
    let mut counts = vec![0usize; waivers.len()];
    let standings: Vec<Standing> = waivers.iter().map(|waiver| waiver.standing(terms, now)).collect();
    for evaluation in evaluations {
        let in_force = |at: &usize| standings[*at] == Standing::InForce;
        let matching = (0..waivers.len()).filter(in_force).find(|&at| waivers[at].is_about(evaluation, tagged));
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
        match (standings[at], count) {
            (Standing::Expired, _) => outcome.expired.push(at),
            (Standing::TooLong(_), _) => outcome.too_long.push(at),
            (Standing::InForce, 0) => outcome.unmatched.push(at),
            (Standing::InForce, count) => outcome.used.push((at, count)),
        }
    }
    outcome
}

/// BLAKE3 over the waivers and the longest that one may hold: it changes when they do, not with
/// their order.
#[must_use]
pub fn digest(waivers: &[Waiver], terms: Terms) -> String {
    let mut sorted: Vec<&Waiver> = waivers.iter().collect();
    sorted.sort();
    let mut hasher = blake3::Hasher::new();
    hasher.update(&terms.maximum_days.to_le_bytes());
    for waiver in sorted {
        let account = waiver.account.as_ref().map_or("", AccountId::as_str);
        let expires = waiver.expires.to_string();
        let granted = waiver.granted.map(|day| day.to_string()).unwrap_or_default();
        let severity = waiver.severity.map_or("", Severity::name);
        let ticket = waiver.ticket.as_deref().unwrap_or_default();
        let mut part = |part: &str| {
            hasher.update(&(part.len() as u64).to_le_bytes()).update(part.as_bytes());
        };
        for text in [&waiver.rule, severity, &waiver.resource, account, &waiver.reason, &waiver.owner, ticket] {
            part(text);
        }
        part(&granted);
        part(&expires);
        for (name, value) in &waiver.tags {
            part(name);
            part(value);
        }
    }
    hasher.finalize().to_hex().to_string()
}

impl Waiver {
    /// Whether it holds at this time: until the end of its last day, and not longer than waivers
    /// may.
    #[must_use]
    pub fn standing(&self, terms: Terms, now: Timestamp) -> Standing {
        let today = now.to_zoned(TimeZone::UTC).date();
        // A day to come would make a long waiver a short one.
        let granted = self.granted.map_or(today, |granted| granted.min(today));
        let days = days_between(granted, self.expires);
        if today > self.expires {
            Standing::Expired
        } else if days > terms.maximum_days {
            Standing::TooLong(days)
        } else {
            Standing::InForce
        }
    }

    /// How many days it still holds after today; negative when it has expired.
    #[must_use]
    pub fn days_left(&self, now: Timestamp) -> i32 {
        days_between(now.to_zoned(TimeZone::UTC).date(), self.expires)
    }

    /// Whether it runs out within so many days.
    #[must_use]
    pub fn expires_within(&self, days: i32, now: Timestamp) -> bool {
        let today = now.to_zoned(TimeZone::UTC).date();
        today <= self.expires && self.expires <= today.saturating_add(days.days())
    }

    /// Whether it is about this rule on this resource.
    #[must_use]
    pub fn is_about(&self, evaluation: &Evaluation, tagged: &Tagged<'_>) -> bool {
        let resource = &evaluation.resource;
        self.account.as_ref().is_none_or(|account| *account == resource.account)
            && self.severity.is_none_or(|most| evaluation.severity <= most)
            && matches(&self.rule, evaluation.rule.as_str())
            && tagged.names(resource).iter().any(|name| matches(&self.resource, name))
            && tagged.has(resource, &self.tags)
    }

    /// Whether its pattern is about most of these rules: `aws-*` names nothing in particular.
    #[must_use]
    pub fn is_of_most(&self, rules: &[Rule]) -> bool {
        let of_it = rules.iter().filter(|rule| matches(&self.rule, rule.id.as_str())).count();
        self.rule.contains('*') && of_it * 2 > rules.len()
    }

    /// Whether it accepts whatever the other one accepts, for at least as long.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        let severity = |waiver: &Self| waiver.severity.unwrap_or(Severity::Critical);
        matches(&self.rule, &other.rule)
            && severity(self) >= severity(other)
            && matches(&self.resource, &other.resource)
            && (self.account.is_none() || self.account == other.account)
            && self.tags.iter().all(|(name, pattern)| other.tags.get(name).is_some_and(|tag| matches(pattern, tag)))
            && self.expires >= other.expires
    }
}

fn days_between(from: Date, to: Date) -> i32 {
    from.until(to).map_or(i32::MAX, |span| span.get_days())
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
pub(super) fn matches(pattern: &str, text: &str) -> bool {
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
    use crate::model::{Bucket, Denial, Pointer, Region, ResourceType, RuleId};

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
            severity: None,
            resource: resource.to_owned(),
            account: None,
            tags: BTreeMap::new(),
            reason: "a public website".to_owned(),
            owner: "web".to_owned(),
            ticket: None,
            granted: None,
            expires: expires.parse().unwrap(),
        }
    }

    fn applied(evaluations: &mut [Evaluation], waivers: &[Waiver], now: Timestamp) -> WaiverUse {
        apply(evaluations, waivers, Terms { maximum_days: 4000, ..Terms::default() }, &Tagged::default(), now)
    }

    fn at(time: &str) -> Timestamp {
        time.parse().unwrap()
    }

    #[test]
    fn a_waiver_waives_until_the_end_of_its_last_day() {
        let waivers = [waiver("aws-s3-*", "site-*", "2026-11-22")];
        let mut evaluations = [evaluation("arn:aws:s3:::site-a", fail()), evaluation("arn:aws:s3:::data", fail())];
        let on_time = applied(&mut evaluations, &waivers, at("2026-11-22T23:59:59Z"));
        assert_eq!(on_time.used, [(0, 1)]);
        assert_eq!(evaluations[0].verdict.name(), "waived");
        assert_eq!(evaluations[1].verdict.name(), "fail");
        let mut evaluations = [evaluation("arn:aws:s3:::site-a", fail())];
        let late = applied(&mut evaluations, &waivers, at("2026-11-23T00:00:00Z"));
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
        assert_eq!(applied(&mut evaluations, &waivers, at("2026-01-01T00:00:00Z")).unmatched, [0]);
        assert_eq!(evaluations, before);
    }

    #[test]
    fn a_resource_is_named_by_arn_by_part_or_by_name() {
        let of = |pattern: &str, id: &str| {
            waiver("*", pattern, "2030-01-01").is_about(&evaluation(id, fail()), &Tagged::default())
        };
        let role = "arn:aws:iam::111122223333:role/ci/deploy";
        assert!(of(role, role) && of("role/ci/*", role) && of("deploy", role) && of("*", role));
        assert!(!of("ci", role) && !of("role/ci", role) && !of("deplo", role));
        let foreign =
            Waiver { account: Some(AccountId::new("444455556666").unwrap()), ..waiver("*", "*", "2030-01-01") };
        assert!(!foreign.is_about(&evaluation(role, fail()), &Tagged::default()));
    }

    #[test]
    fn a_bound_of_severity_and_tags_limit_it() {
        let id = "arn:aws:s3:::site-a";
        let bound = |most| Waiver { severity: Some(most), ..waiver("*", "*", "2030-01-01") };
        assert!(bound(Severity::High).is_about(&evaluation(id, fail()), &Tagged::default()));
        assert!(!bound(Severity::Medium).is_about(&evaluation(id, fail()), &Tagged::default()));

        let tags = |value: &str| BTreeMap::from([("team".to_owned(), value.to_owned())]);
        let tagged_waiver = Waiver { tags: tags("web-*"), ..waiver("*", "*", "2030-01-01") };
        let key = evaluation(id, fail()).resource;
        let resource = |value: &str| {
            let mut resource =
                Resource::new(key.id.clone(), key.account.clone(), key.region.clone(), "b", Bucket::default());
            resource.tags = tags(value);
            vec![resource]
        };
        for (value, expected) in [("web-shop", true), ("data", false)] {
            let resources = resource(value);
            let tagged = Tagged::of(&resources, std::slice::from_ref(&tagged_waiver));
            assert_eq!(tagged_waiver.is_about(&evaluation(id, fail()), &tagged), expected, "{value}");
        }
        assert!(!tagged_waiver.is_about(&evaluation(id, fail()), &Tagged::default()), "tags that are not known");
    }

    #[test]
    fn one_that_would_hold_too_long_waives_nothing() {
        let waivers = [waiver("*", "*", "2030-01-01")];
        let mut evaluations = [evaluation("arn:aws:s3:::a", fail())];
        let used = apply(&mut evaluations, &waivers, Terms::default(), &Tagged::default(), at("2026-11-22T00:00:00Z"));
        assert_eq!((used.too_long, evaluations[0].verdict.name()), (vec![0], "fail"));
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
        let terms = Terms::default();
        assert_eq!(digest(&[a.clone(), b.clone()], terms), digest(&[b.clone(), a.clone()], terms));
        assert_ne!(digest(std::slice::from_ref(&a), terms), digest(&[a.clone(), b.clone()], terms));
        let shorter = Terms { maximum_days: 90, ..terms };
        assert_ne!(digest(&[a.clone(), b.clone()], shorter), digest(&[a, b], terms), "it decides what holds");
    }
}
