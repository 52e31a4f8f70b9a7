//! The last dimensions of the search: who asks, and in which context; what is found is confirmed.

use std::rc::Rc;

use super::automaton::Bits;
use super::conditions::{Asked, Found, Mode, TestId};
use super::principals::{Candidate, Candidates, candidates, user};
use super::readings::fixed;
use super::search::{Look, SPENT, Search, Verdict};
use super::variables::Reading;
use super::witness::{confirmed, request};
use crate::policy::evaluate::named;
use crate::policy::{KeyValue, Principal, Truth};

impl<'p> Search<'p> {
    /// Who may ask, and in which context.
    pub(super) fn by_somebody(
        &mut self,
        look: &mut Look<'_, 'p>,
        taken: &Bits,
        resource: &str,
        reading: &Reading,
        mode: Mode,
    ) -> Verdict {
        let all = self.candidates();
        let mut extra = Vec::new();
        if let Reading::Values(values) = reading
            && let Some(name) = values.get("aws:username")
        {
            extra.push(user(self.kind, name));
        }
        if self.tests.is_empty() {
            self.tests.add_all(&self.everybody);
        }
        let mut must: Vec<TestId> = Vec::new();
        for piece in &look.query.must {
            must.extend(self.tests.of(piece).iter());
        }
        if self.purse.spend(1).is_err() {
            return Verdict::Open(SPENT.to_owned());
        }
        let mut verdict = if all.whole { Verdict::Proven } else { Verdict::Open(SPENT.to_owned()) };
        for candidate in all.candidates.iter().chain(&extra) {
            if self.purse.spend(1 + u64::from(taken.count())).is_err() {
                return verdict.or(Verdict::Open(SPENT.to_owned()));
            }
            let own = self.by(look, candidate, taken, &must, resource, reading, mode);
            if own.is_found() {
                return own;
            }
            verdict = verdict.or(own);
        }
        verdict
    }

    fn candidates(&mut self) -> Rc<Candidates> {
        if let Some(candidates) = &self.candidates {
            return Rc::clone(candidates);
        }
        let found = Rc::new(candidates(self.kind, self.everybody.iter(), &mut self.purse));
        self.candidates = Some(Rc::clone(&found));
        found
    }

    #[expect(clippy::too_many_arguments, reason = "the coordinates of one point of the search")]
    fn by(
        &mut self,
        look: &mut Look<'_, 'p>,
        candidate: &Candidate,
        taken: &Bits,
        must: &[TestId],
        resource: &str,
        reading: &Reading,
        mode: Mode,
    ) -> Verdict {
        for piece in &look.query.must {
            match named(piece.statement, &candidate.principal, false).truth {
                Truth::Yes => {}
                Truth::No => return Verdict::Proven,
                Truth::Depends(_) => {
                    look.murky = true;
                    if mode == Mode::Strict {
                        return Verdict::Proven;
                    }
                }
            }
        }
        let mut avoid = Vec::new();
        for at in taken.iter() {
            let piece = look.avoid[at];
            let takes = match named(piece.statement, &candidate.principal, false).truth {
                Truth::Yes => true,
                Truth::No => false,
                Truth::Depends(_) => {
                    look.murky = true;
                    mode == Mode::Strict
                }
            };
            if !takes {
                continue;
            }
            if !piece.has_tests() {
                return Verdict::Proven;
            }
            avoid.push(self.tests.of(&piece));
        }
        let Some(fixed) = fixed(candidate, look.variables, reading) else { return Verdict::Proven };
        look.murky |= self.tests.any_unknown(must) || avoid.iter().any(|group| self.tests.any_unknown(group));
        let asked = Asked { must, avoid: &avoid, fixed: &fixed, reading, mode };
        let mut part = self.purse.part();
        let given = part.left();
        let found = self.tests.search(&asked, &mut part);
        self.purse.charge(given, &part);
        match found {
            Err(_) | Ok(Found::Open) => Verdict::Open(SPENT.to_owned()),
            Ok(Found::None) => Verdict::Proven,
            Ok(Found::Values(_)) if mode == Mode::Lenient => Verdict::Open(look.why()),
            Ok(Found::Values(values)) => self.found(look, &candidate.principal, resource, values, reading),
        }
    }

    fn found(
        &mut self,
        look: &Look<'_, 'p>,
        principal: &Principal,
        resource: &str,
        mut values: Vec<(String, KeyValue)>,
        reading: &Reading,
    ) -> Verdict {
        if let Reading::Values(chosen) = reading {
            values.extend(chosen.iter().map(|(key, value)| (key.clone(), KeyValue::Known(vec![value.clone()]))));
        }
        let request = request(principal.clone(), look.action, resource, values);
        let query = look.query;
        if confirmed(query.goal, self.layer, query.from, query.to, &request) {
            return Verdict::Found(Box::new(request));
        }
        self.unconfirmed.push(request);
        Verdict::Open(
            "a request was found that the evaluator does not confirm: the witness was not confirmed".to_owned(),
        )
    }
}
