//! Why the indicator moves with this scan: what the ledger remembers of the scan before, beside what
//! this one says.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::explain::{Count, Said, Seen, Stepped, Word, step};
use crate::findings::{Event, Transition};
use crate::ledger::{CachedVerdict, Memory, Remembered, Verdicts};
use crate::model::{Evaluation, ResourceKey, Rule, RuleId, Snapshot, finding_id};
use crate::sli::State;

/// Both scans.
pub(super) struct Scans<'a> {
    /// What the scan before left of each resource.
    pub(super) before: &'a Memory,
    /// What the rules said about the documents of both scans, before waivers.
    pub(super) verdicts: &'a Verdicts,
    /// The rules of the scan before.
    pub(super) rules_before: &'a [Rule],
    /// This scan.
    pub(super) snapshot: &'a Snapshot,
    /// Content hash of each of its resources' documents.
    pub(super) documents: &'a [String],
    /// The state of each resource that a rule judges.
    pub(super) states: &'a HashMap<ResourceKey, State>,
    /// What its rules say, after waivers; sorted by resource.
    pub(super) evaluations: &'a [Evaluation],
    /// What happens to findings.
    pub(super) transitions: &'a [Transition],
    /// The rules of this scan.
    pub(super) rules: &'a [Rule],
}

impl Scans<'_> {
    /// The step from one to the other.
    pub(super) fn step(&self) -> Stepped {
        let keys: Vec<ResourceKey> = self.snapshot.resources.iter().map(ResourceKey::from).collect();
        let place: HashMap<&ResourceKey, usize> = keys.iter().zip(0..).collect();
        let news = |event| matches!(event, Event::Opened | Event::Reopened | Event::Resolved);
        let news: HashSet<&ResourceKey> = self
            .transitions
            .iter()
            .filter(|transition| news(transition.event))
            .map(|transition| &transition.finding.resource)
            .collect();
        let rules_before = digests(self.rules_before);
        let open: HashSet<&str> = self.before.open().iter().map(|finding| finding.id.as_str()).collect();
        let rules = digests(self.rules);
        let mut still = Count::default();
        let (mut before, mut after) = (BTreeMap::new(), BTreeMap::new());
        let mut followed = HashSet::new();
        for was in self.before.resources() {
            if let Some(&at) = place.get(&was.key) {
                let same = was.document == self.documents[at]
                    && was.is_stale() == self.snapshot.resources[at].stale_since.is_some()
                    && was.state() == self.states.get(&was.key).copied()
                    && !news.contains(&was.key);
                if same {
                    still.add(was.state().map(Word::from));
                    followed.insert(at);
                    continue;
                }
            }
            before.insert(&was.key, self.seen_before(was, &rules_before, &open));
        }
        for (at, key) in keys.iter().enumerate().filter(|(at, _)| !followed.contains(at)) {
            after.insert(key, self.seen_now(at, key, &rules));
        }
        step(still, &before, &after)
    }

    /// What failed before waivers and has no open finding was waived. Verdicts of rules that were
    /// no longer in force are not what the scan before said.
    fn seen_before<'s>(&'s self, was: &'s Remembered, rules: &Digests<'s>, open: &HashSet<&str>) -> Seen<'s> {
        let in_force = |kept: &&CachedVerdict| rules.get(&kept.rule).is_some_and(|digest| *digest == kept.digest);
        let said = self.verdicts.of(&was.document).iter().filter(in_force).map(|kept| {
            let word = match Word::from(&kept.verdict) {
                Word::Fail if !was.is_stale() && !open.contains(finding_id(&kept.rule, &was.key).as_str()) => {
                    Word::Waived
                }
                word => word,
            };
            (&kept.rule, Said { digest: &kept.digest, word })
        });
        Seen { document: &was.document, stale: was.is_stale(), state: was.state(), said: said.collect() }
    }

    fn seen_now<'s>(&'s self, at: usize, key: &ResourceKey, rules: &Digests<'s>) -> Seen<'s> {
        let from = self.evaluations.partition_point(|evaluation| evaluation.resource < *key);
        let mine = self.evaluations[from..].iter().take_while(|evaluation| evaluation.resource == *key);
        let said = mine.map(|evaluation| {
            let digest = rules.get(&evaluation.rule).copied().unwrap_or_default();
            (&evaluation.rule, Said { digest, word: Word::from(&evaluation.verdict) })
        });
        Seen {
            document: &self.documents[at],
            stale: self.snapshot.resources[at].stale_since.is_some(),
            state: self.states.get(key).copied(),
            said: said.collect(),
        }
    }
}

/// The digest of each rule.
type Digests<'a> = HashMap<&'a RuleId, &'a str>;

fn digests(rules: &[Rule]) -> Digests<'_> {
    rules.iter().map(|rule| (&rule.id, rule.digest.as_str())).collect()
}

/// The documents of the scan before that this one does not have.
pub(super) fn gone(before: &Memory, documents: &[String]) -> Vec<String> {
    let current: HashSet<&String> = documents.iter().collect();
    let mut gone: Vec<String> =
        before.resources().map(|was| &was.document).filter(|hash| !current.contains(hash)).cloned().collect();
    gone.sort();
    gone.dedup();
    gone
}
