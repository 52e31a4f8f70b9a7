//! What one policy document grants by and large, by AWS's list of actions.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::OnceLock;

use super::admin::{every_resource, is_everything, unconditional};
use super::requirement::{demanded, left_by_deny, says_something};
use crate::model::{AccountId, Pointer, PolicyDocument, Requirement, Statement};
use crate::policy::paths::paths;
use crate::policy::{Effects, Layer, PolicyView, Principal, Request, StatementView, Truth, catalog, judge, pattern};

/// Actions that do harm by themselves where they are allowed on everything.
const SENSITIVE: &[&str] = &[
    "aws-marketplace:subscribe",
    "bedrock-agentcore:getworkloadaccesstoken",
    "bedrock-agentcore:getworkloadaccesstokenforjwt",
    "bedrock-agentcore:getworkloadaccesstokenforuserid",
    "dynamodb:scan",
    "iam:createaccesskey",
    "iam:createloginprofile",
    "iam:passrole",
    "iam:updateassumerolepolicy",
    "iam:updateloginprofile",
    "kms:decrypt",
    "kms:reencryptfrom",
    "s3:getobject",
    "secretsmanager:getsecretvalue",
    "ssm:getparameter",
    "sts:assumerole",
];

/// A set of AWS's actions, by their places in the catalogue. Most are empty, and then take nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Actions(Vec<u64>);

impl Actions {
    fn all() -> Self {
        let mut all = Self::default();
        all.add_pattern("*");
        all
    }

    fn of_patterns<'p>(patterns: impl IntoIterator<Item = &'p str>) -> Self {
        let mut actions = Self::default();
        patterns.into_iter().for_each(|pattern| actions.add_pattern(pattern));
        actions
    }

    fn add_pattern(&mut self, pattern: &str) {
        let count = catalog().actions().len();
        if pattern::covers(pattern, "?*:?*") {
            self.0 = vec![u64::MAX; count.div_ceil(64)];
            if let (Some(last), rest @ 1..) = (self.0.last_mut(), count % 64) {
                *last = (1 << rest) - 1;
            }
            return;
        }
        let places = catalog().positions(pattern);
        if self.0.is_empty() && !places.is_empty() {
            self.0 = vec![0; count.div_ceil(64)];
        }
        for at in places {
            self.0[at / 64] |= 1 << (at % 64);
        }
    }

    fn add(&mut self, other: &Self) {
        if self.0.is_empty() {
            self.0.clone_from(&other.0);
            return;
        }
        self.0.iter_mut().zip(&other.0).for_each(|(own, other)| *own |= other);
    }

    fn without(mut self, other: &Self) -> Self {
        self.0.iter_mut().zip(&other.0).for_each(|(own, other)| *own &= !other);
        self
    }

    fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    fn is_all(&self) -> bool {
        let count: usize = self.0.iter().map(|word| word.count_ones() as usize).sum();
        count == catalog().actions().len()
    }

    fn has(&self, mut range: Range<usize>) -> bool {
        !self.0.is_empty() && range.all(|at| self.0[at / 64] & (1 << (at % 64)) != 0)
    }

    /// The services of which every action is in the set.
    fn services(&self) -> BTreeSet<&'static str> {
        if self.is_empty() {
            return BTreeSet::new();
        }
        let whole = services().iter().filter(|(_, range)| self.has(range.clone()));
        whole.map(|(prefix, _)| *prefix).collect()
    }
}

/// Each service with the places of its actions.
fn services() -> &'static [(&'static str, Range<usize>)] {
    static SERVICES: OnceLock<Vec<(&'static str, Range<usize>)>> = OnceLock::new();
    SERVICES.get_or_init(|| {
        let mut found: Vec<(&'static str, Range<usize>)> = Vec::new();
        for (at, action) in catalog().actions().iter().enumerate() {
            match found.last_mut() {
                Some((prefix, range)) if *prefix == action.service().prefix() => range.end = at + 1,
                _ => found.push((action.service().prefix(), at..at + 1)),
            }
        }
        found
    })
}

/// The actions that Allow statements grant on every resource without condition: those that are
/// known to be, and those that may be, once everything is known. Deny statements left aside.
#[derive(Debug, Clone, Default)]
pub(super) struct Span {
    least: Actions,
    most: Actions,
}

impl Span {
    pub(super) fn of(view: &PolicyView<'_>) -> Self {
        let mut span = Self::default();
        if !view.unread().is_empty() {
            span.open();
        }
        for statement in view.statements() {
            let grants = [statement.has_effect("Allow"), unconditional(&statement), every_resource(&statement)];
            if grants.iter().any(|grant| grant.value == Some(false)) {
                continue;
            }
            let (least, most) = actions_of(&statement);
            if grants.iter().all(|grant| grant.value == Some(true)) {
                span.least.add(&least);
            }
            span.most.add(&most);
        }
        span
    }

    pub(super) fn open(&mut self) {
        self.most = Actions::all();
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.least.add(&other.least);
        self.most.add(&other.most);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.least.is_empty()
    }

    pub(super) fn is_everything(&self) -> bool {
        self.least.is_all()
    }

    pub(super) fn may_be_everything(&self) -> bool {
        self.most.is_all()
    }
}

/// The least and the most actions of a statement, whatever is hidden in it.
fn actions_of(statement: &StatementView<'_>) -> (Actions, Actions) {
    if let Some(exceptions) = &statement.statement.not_action {
        let listed = statement.list("NotAction", Some(exceptions));
        let most = Actions::all().without(&Actions::of_patterns(listed.known));
        let least = if listed.waits_for.is_empty() { most.clone() } else { Actions::default() };
        return (least, most);
    }
    let listed = statement.list("Action", statement.statement.action.as_ref());
    let least = Actions::of_patterns(listed.known);
    let most = if listed.waits_for.is_empty() { least.clone() } else { Actions::all() };
    (least, most)
}

/// A service of which a document allows every action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Full {
    /// `*` for all but `except`.
    pub(super) service: String,
    pub(super) except: Vec<String>,
    pub(super) every_resource: bool,
    pub(super) statements: Vec<usize>,
}

/// A sensitive action that a statement allows on every resource of its kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wide {
    pub(super) action: &'static str,
    pub(super) limits: Vec<Requirement>,
    pub(super) narrowed: bool,
    pub(super) statement: usize,
}

/// An Allow of all but something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct But {
    pub(super) element: &'static str,
    pub(super) except: Vec<String>,
    pub(super) every_resource: bool,
    pub(super) statement: usize,
}

/// What a document grants of which everything is known.
#[derive(Debug, Clone, Default)]
pub(super) struct Powers {
    /// On every resource without condition, by no Deny taken off.
    granted: Actions,
    pub(super) full: Vec<Full>,
    pub(super) wide: Vec<Wide>,
    pub(super) but: Vec<But>,
    /// The steps of escalation paths that an Allow names, as bits in the order of
    /// [`path_actions`].
    pub(super) steps: u128,
    /// Whether its word hangs on who in particular asks.
    pub(super) asks_who: bool,
    /// Whether it takes something away whatever the request.
    pub(super) denies: bool,
    /// Whether it has a part in escalation paths: an Allow that names a step, or any Deny.
    pub(super) of_paths: bool,
    /// The actions it grants on every resource, Deny statements left aside.
    pub(super) span: Span,
    /// Whether these, or one statement by itself, are everything.
    pub(super) admin: bool,
}

impl Powers {
    pub(super) fn of(document: &PolicyDocument, account: &AccountId) -> Self {
        let view = PolicyView::new(Some(document), Pointer::new(""), &[]);
        let statements: Vec<StatementView<'_>> = view.statements().collect();
        let mut powers = Self::default();
        let mut denied = Actions::default();
        for statement in statements.iter().filter(|statement| statement.statement.effect == "Deny") {
            if statement.statement.condition.is_empty() && every_resource(statement).value == Some(true) {
                denied.add(&actions_of(statement).0);
            }
        }
        let mut shares: Vec<(usize, Actions)> = Vec::new();
        let mut partial: Vec<(usize, Actions)> = Vec::new();
        for (index, statement) in statements.iter().enumerate() {
            if statement.statement.effect != "Allow" {
                continue;
            }
            let everywhere = every_resource(statement).value == Some(true);
            powers.but.extend(all_but(statement, everywhere, index));
            let whole = everywhere && unconditional(statement).value == Some(true);
            if !whole && !may_be_of_whole_services(statement.statement) {
                continue;
            }
            let actions = actions_of(statement).0.without(&denied);
            if whole {
                powers.granted.add(&actions);
                shares.push((index, actions));
            } else {
                partial.push((index, actions));
            }
        }
        powers.add_full(&shares, &partial);
        powers.add_foreign_services(&statements, &denied);
        powers.add_wide(document, &statements, account);
        powers.steps = steps(document);
        powers.asks_who = asks_who(document);
        powers.of_paths = powers.steps != 0 || statements.iter().any(|one| one.statement.effect == "Deny");
        powers.span = Span::of(&view);
        powers.admin = powers.span.is_everything() || view.any(is_everything).value == Some(true);
        powers.denies = statements
            .iter()
            .any(|statement| statement.statement.effect == "Deny" && statement.statement.condition.is_empty());
        powers
    }

    fn add_full(&mut self, shares: &[(usize, Actions)], partial: &[(usize, Actions)]) {
        let full = self.granted.services();
        let share_in = |range: &Range<usize>| {
            let has = |actions: &Actions| range.clone().any(|at| actions.has(at..at + 1));
            shares.iter().filter(|(_, actions)| has(actions)).map(|(index, _)| *index).collect()
        };
        self.add_services(&full, true, share_in);
        for (index, actions) in partial {
            let services = actions.services().difference(&full).copied().collect();
            self.add_services(&services, false, |_| vec![*index]);
        }
    }

    fn add_services(
        &mut self,
        found: &BTreeSet<&'static str>,
        every_resource: bool,
        statements: impl Fn(&Range<usize>) -> Vec<usize>,
    ) {
        let all = services();
        if found.len() * 2 > all.len() {
            let except = all.iter().filter(|(service, _)| !found.contains(service));
            let except = except.map(|(service, _)| (*service).to_owned()).collect();
            let statements = statements(&(0..catalog().actions().len()));
            self.full.push(Full { service: "*".to_owned(), except, every_resource, statements });
            return;
        }
        for (service, range) in all.iter().filter(|(service, _)| found.contains(service)) {
            let service = (*service).to_owned();
            self.full.push(Full { service, except: Vec::new(), every_resource, statements: statements(range) });
        }
    }

    /// `newservice:*`, of a service that the catalogue does not know.
    fn add_foreign_services(&mut self, statements: &[StatementView<'_>], denied: &Actions) {
        if denied.is_all() {
            return;
        }
        for (index, statement) in statements.iter().enumerate() {
            if statement.statement.effect != "Allow" {
                continue;
            }
            let whole = every_resource(statement).value == Some(true) && unconditional(statement).value == Some(true);
            for action in statement.statement.action.iter().flatten() {
                let Some((service, name)) = action.split_once(':') else { continue };
                let is_new = pattern::is_literal(service) && catalog().service(service).is_none();
                if is_new && pattern::covers(name, "?*") {
                    self.full.push(Full {
                        service: service.to_owned(),
                        except: Vec::new(),
                        every_resource: whole,
                        statements: vec![index],
                    });
                }
            }
        }
    }

    fn add_wide(&mut self, document: &PolicyDocument, statements: &[StatementView<'_>], account: &AccountId) {
        let mut denies: Vec<(&'static str, String, Option<Vec<Requirement>>)> = Vec::new();
        for (index, view) in statements.iter().enumerate() {
            let statement = view.statement;
            if statement.effect != "Allow"
                || statement.resource.as_ref().is_some_and(|all| all.iter().all(|one| pattern::is_literal(one)))
            {
                continue;
            }
            for action in SENSITIVE.iter().filter(|action| takes(statement, action)) {
                let Some(sample) = widest(statement, action, account) else { continue };
                let known =
                    denies.iter().find(|(of, on, _)| of == action && *on == sample).map(|(.., left)| left.clone());
                let left = known.unwrap_or_else(|| {
                    let left = left_by_denies(document, action, &sample, account);
                    denies.push((action, sample.clone(), left.clone()));
                    left
                });
                let Some(left) = left else { continue };
                let own = view.conditions().map(|test| demanded(&test));
                let limits: BTreeSet<Requirement> = own.chain(left).filter(limits_something).collect();
                let narrowed = limits.iter().any(|limit| narrows(action, &limit.key));
                self.wide.push(Wide { action, limits: limits.into_iter().collect(), narrowed, statement: index });
            }
        }
    }

    /// Whether it grants everything and takes nothing away.
    pub(super) fn is_everything(&self) -> bool {
        !self.denies && self.granted.is_all()
    }

    /// Whether it grants a service whole, on every resource.
    pub(super) fn has_service(&self, service: &str) -> bool {
        if service == "*" {
            return self.granted.is_all();
        }
        self.full.iter().any(|full| {
            full.every_resource
                && (full.service == service
                    || (full.service == "*" && !full.except.iter().any(|except| except == service)))
        })
    }

    /// Whether it grants a sensitive action on every resource, be it to some askers only.
    pub(super) fn has_wide(&self, action: &str) -> bool {
        self.wide.iter().any(|wide| wide.action == action && !wide.narrowed)
    }
}

/// Whether the statement's actions take one.
pub(super) fn takes(statement: &Statement, action: &str) -> bool {
    let named = |patterns: &Vec<String>| patterns.iter().any(|one| pattern::action_matches(one, action));
    match &statement.not_action {
        Some(exceptions) => !named(exceptions),
        None => statement.action.as_ref().is_some_and(named),
    }
}

/// Whether a test names values that say something, which a request without the key does not stand.
fn limits_something(limit: &Requirement) -> bool {
    limit.demanded && limit.values.iter().all(|value| says_something(value)) && limit.key != "aws:securetransport"
}

/// Keys of a service that every resource of one account has in common, or every request of an
/// asker. What is in the account and allowed "on every resource" is so with them too.
const OF_EVERY_RESOURCE: &[&str] = &["kms:calleraccount", "s3:resourceaccount"];

/// Whether a condition key is about what is acted on or handed out, and not about who asks.
fn narrows(action: &str, key: &str) -> bool {
    let service = action.split(':').next().unwrap_or_default();
    if OF_EVERY_RESOURCE.contains(&key) {
        return false;
    }
    key.starts_with("aws:resourcetag/")
        || key.starts_with("aws:calledvia")
        || key == "aws:viaawsservice"
        || (key.split(':').next() == Some(service) && service != "sts")
        || key.starts_with("iam:resourcetag/")
}

/// A resource that stands for all of the action's kind in the account, when the statement takes
/// all of them, in every region or in one.
fn widest(statement: &Statement, action: &str, account: &AccountId) -> Option<String> {
    let known = catalog().action(action)?;
    let kinds = known.resources();
    let sample = |kind: &str, region: &str| {
        let mut parts: Vec<String> = kind.splitn(6, ':').map(|part| part.replace('*', "plimsoll")).collect();
        for (at, value) in [(1, "aws"), (3, region), (4, account.as_str())] {
            if let Some(part) = parts.get_mut(at).filter(|part| part.as_str() == "plimsoll") {
                value.clone_into(part);
            }
        }
        parts.join(":")
    };
    let Some(first) = kinds.first() else {
        let every = statement.not_resource.is_some()
            || statement.resource.iter().flatten().any(|one| pattern::is_everything(one));
        return every.then(|| "*".to_owned());
    };
    if statement.not_resource.is_some() {
        return Some(sample(first, "us-east-1"));
    }
    for resource in statement.resource.iter().flatten() {
        if pattern::is_everything(resource) {
            return Some(sample(first, "us-east-1"));
        }
        if pattern::is_literal(resource) {
            continue;
        }
        if let Some((kind, region)) = kinds.iter().find_map(|kind| Some((kind, takes_kind(resource, kind, account)?))) {
            return Some(sample(kind, region));
        }
    }
    None
}

/// Whether a pattern takes every resource of a kind in the account; the region it is for.
fn takes_kind<'p>(pattern: &'p str, kind: &str, account: &AccountId) -> Option<&'p str> {
    let wanted: Vec<&str> = pattern.splitn(6, ':').collect();
    let found: Vec<&str> = kind.splitn(6, ':').collect();
    if wanted.len() < 6 || found.len() < 6 {
        return pattern::covers(pattern, &format!("{}?", kind.trim_end_matches('*'))).then_some("us-east-1");
    }
    let service = pattern::matches(wanted[2], found[2]);
    let region = if pattern::is_literal(wanted[3]) { wanted[3] } else { "us-east-1" };
    let own = found[4].is_empty() || wanted[4] == account.as_str() || pattern::matches(wanted[4], account.as_str());
    (service && own && pattern::covers(wanted[5], found[5])).then_some(region)
}

/// Whether a statement can have every action of a service: by a wildcard, or by many names.
fn may_be_of_whole_services(statement: &Statement) -> bool {
    const MANY: usize = 8;
    let actions = || statement.action.iter().flatten();
    let wide = |action: &String| match action.split_once(':') {
        Some((service, name)) => !pattern::is_literal(service) || name.starts_with(['*', '?']),
        None => true,
    };
    statement.not_action.is_some() || actions().count() >= MANY || actions().any(wide)
}

/// What Deny statements of the document leave of an action on a resource, as what they demand;
/// `None` when they leave nothing.
fn left_by_denies(
    document: &PolicyDocument,
    action: &str,
    resource: &str,
    account: &AccountId,
) -> Option<Vec<Requirement>> {
    if !document.statement.iter().any(|statement| statement.effect == "Deny" && takes(statement, action)) {
        return Some(Vec::new());
    }
    let principal = Principal::role(&format!("arn:aws:iam::{account}:role/plimsoll"));
    let request = Request::new(principal, action, resource).with_derived_keys();
    let Effects { deny, .. } = judge(Layer::Identity, document, &request);
    match deny {
        Truth::Yes => return None,
        Truth::No => return Some(Vec::new()),
        Truth::Depends(_) => {}
    }
    let view = PolicyView::new(Some(document), Pointer::new(""), &[]);
    let denies = view.statements().filter(|statement| statement.statement.effect == "Deny");
    let mut left = Vec::new();
    for statement in denies.filter(|statement| takes(statement.statement, action)) {
        let mut tests = statement.conditions();
        if let (Some(test), None) = (tests.next(), tests.next())
            && on(statement.statement, resource)
        {
            left.extend(left_by_deny(&test));
        }
    }
    Some(left)
}

fn on(statement: &Statement, resource: &str) -> bool {
    let named = |patterns: &Vec<String>| patterns.iter().any(|one| pattern::resource_matches(one, resource));
    match &statement.not_resource {
        Some(exceptions) => !named(exceptions),
        None => statement.resource.as_ref().is_some_and(named),
    }
}

fn all_but(view: &StatementView<'_>, everywhere: bool, statement: usize) -> Vec<But> {
    let not_resource = view.statement.not_resource.as_ref();
    let elements = [("NotAction", view.statement.not_action.as_ref()), ("NotResource", not_resource)];
    let every_resource = everywhere || not_resource.is_some();
    elements
        .into_iter()
        .filter_map(|(element, except)| Some(But { element, except: except?.clone(), every_resource, statement }))
        .collect()
}

/// Every action of the escalation paths, sorted.
pub(super) fn path_actions() -> &'static [&'static str] {
    static ACTIONS: OnceLock<Vec<&'static str>> = OnceLock::new();
    ACTIONS.get_or_init(|| {
        let actions: BTreeSet<&'static str> = paths().flat_map(|path| path.steps).map(|(action, _)| *action).collect();
        actions.into_iter().collect()
    })
}

fn steps(document: &PolicyDocument) -> u128 {
    let mut bits = 0;
    for statement in document.statement.iter().filter(|statement| statement.effect == "Allow") {
        let patterns = statement.action.iter().flatten();
        match &statement.not_action {
            None if statement.action.iter().flatten().all(|one| pattern::is_literal(one)) => {
                let places = patterns.filter_map(|one| path_actions().binary_search(&one.as_str()).ok());
                bits |= places.fold(0, |bits, at| bits | (1 << at));
            }
            _ => {
                let named = path_actions().iter().enumerate().filter(|(_, action)| takes(statement, action));
                bits |= named.fold(0, |bits, (at, _)| bits | (1 << at));
            }
        }
    }
    bits
}

/// Whether a document's word hangs on who in particular asks, beyond account and kind.
fn asks_who(document: &PolicyDocument) -> bool {
    let variable = |list: &Vec<String>| list.iter().any(|text| text.contains("${"));
    document.statement.iter().any(|statement| {
        statement
            .condition
            .values()
            .flatten()
            .any(|(key, values)| key.starts_with("aws:principal") || key.starts_with("aws:user") || variable(values))
            || [&statement.resource, &statement.not_resource].into_iter().flatten().any(variable)
    })
}
