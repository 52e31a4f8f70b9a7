//! What the policies of one layer say to a request, each by itself.

use super::near::Nearness;
use super::principal::Grant;
use super::statement::{Asked, takes};
use super::{Applied, LayerPolicies};
use crate::policy::{Layer, Need, StatementRef, Truth};

/// What a set of policies says: whether some statement allows, and whether some denies.
#[derive(Debug, Clone)]
pub(super) struct Said<'a> {
    /// Allows that name the principal itself; in layers other than the resource's all are here.
    pub(super) direct: Truth,
    /// Allows that name the role of a session.
    pub(super) to_role: Truth,
    /// Allows that name the principal's account.
    pub(super) delegated: Truth,
    /// Whether a statement denies.
    pub(super) deny: Truth,
    /// The statements that allow, or may.
    pub(super) allowing: Vec<Hit<'a>>,
    /// The statements that deny, or may.
    pub(super) denying: Vec<Hit<'a>>,
    /// The Allow that came nearest without allowing.
    pub(super) nearest: Option<(Nearness, Hit<'a>)>,
}

/// A statement that takes the request, or may.
#[derive(Debug, Clone)]
pub(super) struct Hit<'a> {
    pub(super) policy: &'a Applied<'a>,
    pub(super) statement: usize,
    pub(super) certain: bool,
}

impl Hit<'_> {
    pub(super) fn place(&self) -> StatementRef {
        let statement = self.policy.document.statement.get(self.statement);
        StatementRef {
            policy: self.policy.name.clone().into_owned(),
            statement: self.statement,
            sid: statement.and_then(|statement| statement.sid.clone()),
        }
    }
}

impl<'a> Said<'a> {
    /// Asks all policies of a layer, or of one level of it.
    pub(super) fn by(layer: Layer, policies: &'a LayerPolicies<'a>, asked: Asked<'_>) -> Self {
        let mut said = Self::nothing();
        for policy in &policies.policies {
            said.ask(layer, policy, asked);
        }
        for why in &policies.unread {
            let unread = Truth::depends_on(Need::Policy(why.clone()));
            said.deny = said.deny.or(unread.clone());
            said.direct = said.direct.or(unread);
        }
        said
    }

    /// Allows nothing and denies nothing.
    pub(super) const fn nothing() -> Self {
        Self {
            direct: Truth::No,
            to_role: Truth::No,
            delegated: Truth::No,
            deny: Truth::No,
            allowing: Vec::new(),
            denying: Vec::new(),
            nearest: None,
        }
    }

    fn ask(&mut self, layer: Layer, policy: &'a Applied<'a>, asked: Asked<'_>) {
        for (index, statement) in policy.document.statement.iter().enumerate() {
            let taken = takes(layer, policy.document, statement, asked);
            let hit = Hit { policy, statement: index, certain: taken.truth == Truth::Yes };
            let denies = statement.effect == "Deny";
            if taken.truth == Truth::No {
                let nearer = taken.nearness > self.nearest.as_ref().map(|(nearness, _)| *nearness);
                if let Some(nearness) = taken.nearness.filter(|_| nearer && !denies) {
                    self.nearest = Some((nearness, hit));
                }
                continue;
            }
            if denies {
                add(&mut self.deny, taken.truth);
                self.denying.push(hit);
                continue;
            }
            self.allowing.push(hit);
            match taken.grant {
                Grant::Direct => add(&mut self.direct, taken.truth),
                Grant::ToRole => add(&mut self.to_role, taken.truth),
                Grant::Delegated => add(&mut self.delegated, taken.truth),
            }
        }
    }

    /// Whether some statement allows, however it names the principal.
    pub(super) fn allow(&self) -> Truth {
        self.direct.clone().or(self.to_role.clone()).or(self.delegated.clone())
    }

    /// The first statement that denies for certain, else the first that may.
    pub(super) fn denial(&self) -> Option<&Hit<'a>> {
        self.denying.iter().find(|hit| hit.certain).or_else(|| self.denying.first())
    }
}

fn add(sum: &mut Truth, more: Truth) {
    *sum = std::mem::replace(sum, Truth::No).or(more);
}
