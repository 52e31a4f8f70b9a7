//! Who may ask: finitely many principals that stand for all, as far as the statements can tell.
//!
//! Every named principal, somebody else of each named account, somebody of a foreign account, a
//! service, a provider and an unsigned request; and one per kind of ARN that conditions on
//! `aws:PrincipalArn` tell apart. Condition keys that follow from who asks are fixed with it.

use std::collections::{BTreeMap, BTreeSet};

use super::Kind;
use super::automaton::{Bits, Union, kinds};
use super::budget::Purse;
use super::glob::{Glob, Token};
use super::space::Piece;
use crate::policy::evaluate::{Operator, Test};
use crate::policy::{KeyValue, Principal, Request, account_of};

/// One that may ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Candidate {
    pub(super) principal: Principal,
    /// Keys that follow from it.
    pub(super) fixed: BTreeMap<String, KeyValue>,
}

/// All that may ask.
#[derive(Debug, Clone)]
pub(super) struct Candidates {
    pub(super) candidates: Vec<Candidate>,
    /// Whether none that matters is missing.
    pub(super) whole: bool,
}

/// The account of witnesses where none is named.
const ACCOUNT: &str = "111122223333";
const FOREIGN: [&str; 3] = ["999999999999", "888888888888", "777777777777"];

/// Keys whose value says who asks.
const OF_PRINCIPAL: [&str; 7] = [
    "aws:principalarn",
    "aws:principalaccount",
    "aws:principaltype",
    "aws:username",
    "aws:userid",
    "aws:principalisawsservice",
    "aws:principalservicename",
];

/// Keys that depend on more than who asks, or that people test for more than that.
const FREE: [&str; 4] = ["aws:resourceaccount", "aws:sourcearn", "aws:sourceaccount", "aws:tokenissuetime"];

/// Those that may ask, told apart by these statements. `users` are names that variables need.
pub(super) fn candidates<'p>(
    kind: Kind,
    pieces: impl Iterator<Item = &'p Piece<'p>> + Clone,
    purse: &mut Purse,
) -> Candidates {
    let mut names = Names::default();
    pieces.for_each(|piece| names.add(piece));
    if !names.used {
        let role = Principal::role(&format!("arn:aws:iam::{ACCOUNT}:role/example"));
        return Candidates { candidates: vec![candidate(kind, role)], whole: true };
    }
    let (arns, whole) = names.arns(purse);
    let mut principals: Vec<Principal> = arns.iter().map(|arn| Principal::read(arn)).collect();
    let resource = !matches!(kind, Kind::Identity);
    if resource {
        principals.extend(names.accounts.iter().map(|account| Principal::Root(account.clone())));
        principals.extend(names.others.iter().cloned());
        principals.push(Principal::FederatedUser(format!("arn:aws:sts::{}:federated-user/example", names.foreign())));
        principals.push(Principal::Service(names.fresh("example.amazonaws.com")));
        principals.push(Principal::Federated(names.fresh("accounts.example.org")));
        principals.push(Principal::Anonymous);
    }
    let mut candidates: Vec<Candidate> = Vec::with_capacity(principals.len());
    for principal in principals {
        if !candidates.iter().any(|candidate| candidate.principal == principal) {
            candidates.push(candidate(kind, principal));
        }
    }
    Candidates { candidates, whole }
}

/// A user with this name, for variables that ask for one.
pub(super) fn user(kind: Kind, name: &str) -> Candidate {
    candidate(kind, Principal::User(format!("arn:aws:iam::{ACCOUNT}:user/{name}")))
}

fn candidate(kind: Kind, principal: Principal) -> Candidate {
    let request = Request::new(principal, "", "*").with_derived_keys();
    let people = matches!(kind, Kind::Identity | Kind::Control);
    let mut fixed = request.context.keys;
    fixed.retain(|key, _| !FREE.contains(&key.as_str()) || (!people && key.starts_with("aws:source")));
    Candidate { principal: request.principal, fixed }
}

#[derive(Default)]
struct Names {
    used: bool,
    accounts: BTreeSet<String>,
    /// Patterns of ARNs, named ones among them.
    arns: BTreeSet<Glob>,
    literal: BTreeSet<String>,
    users: BTreeSet<Glob>,
    others: BTreeSet<Principal>,
    odd: bool,
}

impl Names {
    fn add(&mut self, piece: &Piece<'_>) {
        let statement = piece.statement;
        for (kind, names) in statement.principal.iter().chain(&statement.not_principal).flatten() {
            self.used = true;
            for name in names {
                self.name(kind, name);
            }
        }
        for test in piece.tests().filter(|test| OF_PRINCIPAL.contains(&test.key)) {
            self.used = true;
            let Some(operator) = Operator::read(test.operator) else { continue };
            for value in test.values {
                self.value(test.key, operator.test, value);
            }
        }
    }

    fn name(&mut self, kind: &str, name: &str) {
        match kind {
            "Service" => _ = self.others.insert(Principal::Service(name.to_owned())),
            "Federated" => _ = self.others.insert(Principal::Federated(name.to_owned())),
            "AWS" if name != "*" => {
                self.accounts.extend(account_of(name).map(str::to_owned));
                match Principal::read(name) {
                    Principal::FederatedUser(arn) => _ = self.others.insert(Principal::FederatedUser(arn)),
                    session @ Principal::Role { .. } if name.contains(":assumed-role/") => {
                        self.others.insert(session);
                    }
                    Principal::User(_) | Principal::Role { .. } => self.arn(name),
                    _ => {}
                }
            }
            _ => {}
        }
    }

    fn arn(&mut self, arn: &str) {
        self.literal.insert(arn.to_owned());
        self.arns.insert(Glob::literal(arn));
    }

    fn value(&mut self, key: &str, test: Test, value: &str) {
        let glob = match test {
            Test::StringEquals => Some(Glob::literal(value)),
            Test::StringEqualsIgnoreCase => Some(Glob::text_folded(value, false)),
            Test::StringLike => Some(Glob::text(value)),
            Test::ArnLike => Glob::arn(value),
            _ => None,
        };
        match (key, glob) {
            ("aws:principalarn", Some(glob)) => {
                self.accounts.extend(account_of(value).map(str::to_owned));
                if glob.is_literal() {
                    self.literal.insert(value.to_owned());
                }
                self.arns.insert(glob);
            }
            ("aws:principalaccount", Some(glob)) if glob.is_literal() => {
                self.accounts.extend(account_of(value).map(str::to_owned));
            }
            ("aws:principalaccount", Some(glob)) => {
                self.arns.insert(within("arn:aws:iam::", &glob, ":"));
            }
            ("aws:username", Some(glob)) => {
                self.users.insert(glob.clone());
                self.arns.insert(within("arn:aws:iam::*:user/", &glob, ""));
            }
            ("aws:principalservicename", Some(glob)) if glob.is_literal() => {
                self.others.insert(Principal::Service(value.to_owned()));
            }
            ("aws:userid" | "aws:principaltype" | "aws:principalisawsservice", _) => {}
            _ => self.odd = true,
        }
    }

    fn foreign(&self) -> &'static str {
        FOREIGN.into_iter().find(|account| !self.accounts.contains(*account)).unwrap_or("666666666666")
    }

    fn fresh(&self, name: &str) -> String {
        let taken = |name: &str| {
            self.others
                .iter()
                .any(|other| matches!(other, Principal::Service(own) | Principal::Federated(own) if own == name))
        };
        let mut fresh = name.to_owned();
        while taken(&fresh) {
            fresh = format!("an-{fresh}");
        }
        fresh
    }

    /// ARNs of roles and users of all kinds that can be told apart; whether these are all.
    fn arns(&self, purse: &mut Purse) -> (Vec<String>, bool) {
        let mut arns: Vec<String> = Vec::new();
        let foreign = self.foreign();
        let (mut whole, accounts) = (!self.odd, self.accounts.iter().map(String::as_str).chain([foreign]));
        let any_account = if self.arns.iter().any(|glob| !glob.is_literal()) { [Some(None)] } else { [None] };
        // With patterns, also accounts that only a pattern tells apart.
        for account in accounts.map(Some).map(Some).chain(any_account).flatten() {
            for (what, name) in [("role", "example"), ("user", "example")] {
                let start = format!("arn:aws:iam::{}:{what}/", account.unwrap_or("############"));
                let digits = |letter| if letter == '#' { Token::Digit } else { Token::Is(letter) };
                let some = [Token::One, Token::Many];
                let base = Glob::new(start.chars().map(digits).chain(some));
                let patterns: Vec<&Glob> = self
                    .arns
                    .iter()
                    .filter(|glob| !glob.is_literal() || account.is_none_or(|_| glob.takes_start(&start)))
                    .collect();
                let lists: Vec<[&Glob; 1]> = patterns.iter().map(|glob| [*glob]).collect();
                let sets: Vec<Union<'_>> = lists.iter().map(|globs| Union { globs, loose: false }).collect();
                let plain = format!("arn:aws:iam::{}:{what}/{name}", account.unwrap_or(foreign));
                let held = |text: &str| lists.iter().map(|[glob]| glob.takes(text)).collect::<Vec<bool>>();
                let plain_held = held(&plain);
                let mut part = purse.part();
                let given = part.left();
                let found = kinds(&base, &sets, &Bits::new(sets.len()), &mut part);
                whole &= found.is_ok();
                let is_plain = |held: &Bits| (0..sets.len()).all(|at| held.has(at) == plain_held[at]);
                for kind in found.unwrap_or_default() {
                    arns.push(if is_plain(&kind.held) { plain.clone() } else { kind.text });
                }
                if !whole {
                    arns.push(plain);
                }
                purse.charge(given, &part);
            }
        }
        arns.extend(
            self.literal
                .iter()
                .filter(|arn| matches!(Principal::read(arn), Principal::User(_) | Principal::Role { .. }))
                .cloned(),
        );
        arns.sort_by_key(|arn| !arn.contains(":role/"));
        arns.dedup();
        (arns, whole)
    }
}

fn within(before: &str, glob: &Glob, after: &str) -> Glob {
    let (before, after) = (Glob::text(before), if after.is_empty() { Glob::text("") } else { Glob::text(":*") });
    Glob::new(before.tokens().iter().chain(glob.tokens()).chain(after.tokens()).copied())
}
