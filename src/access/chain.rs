//! Chains of roles: how one principal gets to be another, hop by hop.
//!
//! A hop is a request to assume a role that is allowed, or allowed under requirements; the
//! evaluation decides, [`Trusts`] only names the candidates. The search is breadth-first over
//! principals, so a cycle is walked once; chains come shortest first, and of one length those
//! that hold for certain first. Roles of accounts that are not in the snapshot are hops too, under
//! the requirement that their policies allow them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

use serde::Serialize;

use super::class::asks_who;
use super::trust::{ASSUME, Assumable, Outsider};
use super::words::{Requirement, requirements};
use super::{Access, Endpoint};
use crate::policy::{Answer, Decision, KeyValue, LayerAnswer, Principal, Request, Says, StatementRef, account_of};

/// A role session of a session ends after this time, whatever the role allows.
/// Source: IAM user guide, "Roles terms and concepts", role chaining.
const CHAINED: &str = "a session that another role's session made ends after one hour at most";

/// How far and how wide to search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainLimits {
    /// Most hops of a chain.
    pub hops: usize,
    /// Most chains.
    pub chains: usize,
}

impl Default for ChainLimits {
    fn default() -> Self {
        Self { hops: 6, chains: 20 }
    }
}

/// A way from one principal to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Chain {
    /// Whether every hop is allowed, but for organization policies that were not read.
    pub certain: bool,
    /// The hops in their order; none when both ends are the same.
    pub hops: Vec<Hop>,
    /// What else holds for the chain, a sentence each.
    pub notes: Vec<String>,
}

/// One role assumed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hop {
    /// Who assumes: an ARN, a service, `any principal of 444455556666`.
    pub from: String,
    /// The role's ARN.
    pub to: String,
    /// `sts:AssumeRole`, `sts:AssumeRoleWithWebIdentity` or `sts:AssumeRoleWithSAML`.
    pub action: String,
    /// Whether it is allowed, but for organization policies that were not read.
    pub certain: bool,
    /// What must hold for it to be allowed.
    pub requirements: Vec<Requirement>,
    /// The statements that allow it.
    pub evidence: Vec<StatementRef>,
}

/// Which list of hops it is, by where it stands in memory.
type SharedHops = *const Vec<(Node, Hop)>;

/// For one set of ends: the first hop that leads to one of them, remembered by class.
#[derive(Debug)]
pub(super) struct Nearest<'h, 'e> {
    hops: &'h Hops,
    ends: &'e BTreeSet<usize>,
    shared: BTreeMap<SharedHops, Option<(usize, &'h Hop)>>,
}

impl<'h> Nearest<'h, '_> {
    /// The hop from this user or role.
    pub(super) fn from(&mut self, at: usize) -> Option<(usize, &'h Hop)> {
        let (fan, ends) = (&self.hops.0[at], self.ends);
        let leads = |(node, hop): &'h (Node, Hop)| match node {
            Node::Holder(role) if ends.contains(role) => Some((*role, hop)),
            _ => None,
        };
        let own = fan.own.iter().find_map(leads);
        let shared = *self.shared.entry(Rc::as_ptr(&fan.shared)).or_insert_with(|| fan.shared.iter().find_map(leads));
        own.filter(|(_, hop)| hop.certain).or(shared.filter(|(_, hop)| hop.certain)).or(own).or(shared)
    }
}

/// A place in the graph.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Node {
    /// A user or role of the snapshot, by position.
    Holder(usize),
    /// A principal of an account that is not in the snapshot.
    Foreign(String),
    /// A service or an identity provider.
    Outside(String),
    /// Everyone outside of the snapshot.
    World,
}

/// The hops from one node: its own, and those it shares with all of its class.
#[derive(Debug, Default)]
struct Fan {
    own: Vec<(Node, Hop)>,
    shared: Rc<Vec<(Node, Hop)>>,
}

impl Fan {
    /// The hops, those it shares only when nobody of its class has shown them yet.
    fn new_hops(&self, shown: &mut BTreeSet<SharedHops>) -> impl Iterator<Item = &(Node, Hop)> {
        let shared = if shown.insert(Rc::as_ptr(&self.shared)) { self.shared.as_slice() } else { &[] };
        self.own.iter().chain(shared)
    }

    fn hops(&self) -> impl Iterator<Item = &(Node, Hop)> {
        let known: BTreeSet<&Node> = self.own.iter().map(|(node, _)| node).collect();
        self.own.iter().chain(self.shared.iter().filter(move |(node, _)| !known.contains(node)))
    }
}

type Edges = BTreeMap<Node, Fan>;

/// By class, what was evaluated for one principal of it and holds for all.
type Shared = BTreeMap<usize, Common>;

/// Hops that a class shares, and roles that have to be asked about each of it.
#[derive(Debug)]
struct Common {
    hops: Rc<Vec<(Node, Hop)>>,
    personal: Vec<usize>,
}

/// The hops from every user and role of the snapshot to roles of it.
#[derive(Debug)]
pub(super) struct Hops(Vec<Fan>);

impl Hops {
    pub(super) fn of(access: &Access<'_>) -> Self {
        let mut shared = Shared::new();
        let nodes = (0..access.index.holders.len()).map(Node::Holder);
        Self(nodes.map(|node| hops_from(access, &node, &mut shared)).collect())
    }

    /// To be asked for hops to some of these users and roles.
    pub(super) fn to_any<'h, 'e>(&'h self, ends: &'e BTreeSet<usize>) -> Nearest<'h, 'e> {
        Nearest { hops: self, ends, shared: BTreeMap::new() }
    }

    /// The roles that a user or role can assume, by position, those for certain first.
    pub(super) fn from(&self, at: usize) -> impl Iterator<Item = (usize, &Hop)> {
        self.0[at].hops().filter_map(move |(node, hop)| match node {
            Node::Holder(role) if *role != at => Some((*role, hop)),
            _ => None,
        })
    }
}

/// The chains from one end to the other, shortest first.
pub(super) fn chains(access: &Access<'_>, from: &Endpoint, to: &Endpoint, limits: ChainLimits) -> Vec<Chain> {
    let start = node(access, from);
    let edges = explore(access, &start, limits.hops);
    let mut found = match to {
        Endpoint::World => shortest(&edges, &start),
        to => between(&edges, &start, &node(access, to), limits),
    };
    found.sort_by_key(|hops| (hops.len(), !hops.iter().all(|hop| hop.certain)));
    found.into_iter().take(limits.chains).map(|hops| chain(&start, access, hops)).collect()
}

fn node(access: &Access<'_>, end: &Endpoint) -> Node {
    match end {
        Endpoint::Holder(arn) => match access.index.position_of(arn) {
            Some(at) => Node::Holder(at),
            None => Node::Foreign(arn.clone()),
        },
        Endpoint::Outside(name) => Node::Outside(name.clone()),
        Endpoint::World => Node::World,
    }
}

fn chain(start: &Node, access: &Access<'_>, mut hops: Vec<Hop>) -> Chain {
    let mut here = match start {
        Node::Holder(at) => Some(*at),
        _ => None,
    };
    for hop in &mut hops {
        here = match here {
            Some(at) => own_hop(access, at, hop),
            None => access.index.position_of(&hop.to),
        };
    }
    let notes = if hops.len() > 1 { vec![CHAINED.to_owned()] } else { Vec::new() };
    Chain { certain: hops.iter().all(|hop| hop.certain), hops, notes }
}

/// Puts the principal's own statements into a hop that was evaluated for another of its class;
/// gives where the hop leads.
fn own_hop(access: &Access<'_>, at: usize, shared: &mut Hop) -> Option<usize> {
    let arn = access.index.holders[at].arn();
    if shared.from != arn {
        let request = own(access.as_principal(at), ASSUME, &shared.to);
        match hop(access, &request, arn) {
            Some(evaluated) => *shared = evaluated,
            None => arn.clone_into(&mut shared.from),
        }
    }
    access.index.position_of(&shared.to)
}

/// A hop of this user or role, with its own statements.
pub(super) fn of_its_own(access: &Access<'_>, at: usize, shared: &Hop) -> Hop {
    let mut hop = shared.clone();
    own_hop(access, at, &mut hop);
    hop
}

/// All hops that can be reached from a node.
fn explore(access: &Access<'_>, start: &Node, depth: usize) -> Edges {
    let mut edges = Edges::new();
    let mut shared = Shared::new();
    let mut shown = BTreeSet::new();
    let mut queued = BTreeSet::from([start.clone()]);
    let mut queue = VecDeque::from([(start.clone(), 0)]);
    while let Some((node, distance)) = queue.pop_front() {
        if distance >= depth {
            continue;
        }
        let fan = hops_from(access, &node, &mut shared);
        for (next, _) in fan.new_hops(&mut shown) {
            if !queued.contains(next) {
                queued.insert(next.clone());
                queue.push_back((next.clone(), distance + 1));
            }
        }
        edges.insert(node, fan);
    }
    edges
}

/// One shortest chain to everything that can be reached.
fn shortest(edges: &Edges, start: &Node) -> Vec<Vec<Hop>> {
    let mut ways: BTreeMap<&Node, Vec<Hop>> = BTreeMap::from([(start, Vec::new())]);
    let mut shown = BTreeSet::new();
    let mut queue = VecDeque::from([start]);
    while let Some(node) = queue.pop_front() {
        let Some(fan) = edges.get(node) else { continue };
        for (next, hop) in fan.new_hops(&mut shown) {
            if !ways.contains_key(next) {
                let mut way = ways[node].clone();
                way.push(hop.clone());
                ways.insert(next, way);
                queue.push_back(next);
            }
        }
    }
    ways.into_values().filter(|way| !way.is_empty()).collect()
}

/// Chains without a cycle between two nodes, up to the limits.
fn between(edges: &Edges, start: &Node, end: &Node, limits: ChainLimits) -> Vec<Vec<Hop>> {
    let distance = distances(edges, end, limits.hops);
    let mut found = Vec::new();
    for length in 0..=limits.hops {
        let mut walk = Walk { edges, distance: &distance, end, length, most: limits.chains, found: &mut found };
        walk.from(start, &mut vec![start], &mut Vec::new());
    }
    found
}

/// How many hops it is at least from each node to the end. Without a list of edges backwards,
/// which for shared hops would be as long as the number of pairs.
fn distances<'e>(edges: &'e Edges, end: &'e Node, most: usize) -> BTreeMap<&'e Node, usize> {
    let mut distance = BTreeMap::from([(end, 0)]);
    for length in 1..=most {
        let mut classes: BTreeMap<SharedHops, bool> = BTreeMap::new();
        let leads =
            |(next, _): &(Node, Hop), distance: &BTreeMap<&Node, usize>| distance.get(next) == Some(&(length - 1));
        let mut found = Vec::new();
        for (node, fan) in edges.iter().filter(|(node, _)| !distance.contains_key(node)) {
            let shared = || fan.shared.iter().any(|edge| leads(edge, &distance));
            if fan.own.iter().any(|edge| leads(edge, &distance))
                || *classes.entry(Rc::as_ptr(&fan.shared)).or_insert_with(shared)
            {
                found.push(node);
            }
        }
        distance.extend(found.into_iter().map(|node| (node, length)));
    }
    distance
}

/// The walk over all chains of one length.
struct Walk<'e, 'f> {
    edges: &'e Edges,
    distance: &'f BTreeMap<&'e Node, usize>,
    end: &'f Node,
    length: usize,
    most: usize,
    found: &'f mut Vec<Vec<Hop>>,
}

impl<'e> Walk<'e, '_> {
    fn from(&mut self, node: &'e Node, seen: &mut Vec<&'e Node>, hops: &mut Vec<&'e Hop>) {
        if self.found.len() >= self.most {
            return;
        }
        if hops.len() == self.length {
            if node == self.end {
                self.found.push(hops.iter().map(|hop| (*hop).clone()).collect());
            }
            return;
        }
        if node == self.end {
            return;
        }
        for (next, hop) in self.edges.get(node).into_iter().flat_map(Fan::hops) {
            let in_reach = self.distance.get(next).is_some_and(|left| hops.len() + 1 + left <= self.length);
            if in_reach && !seen.contains(&next) {
                seen.push(next);
                hops.push(hop);
                self.from(next, seen, hops);
                hops.pop();
                seen.pop();
            }
        }
    }
}

/// The roles that can be assumed from a node, for certain or under requirements, those for
/// certain first.
fn hops_from(access: &Access<'_>, node: &Node, shared: &mut Shared) -> Fan {
    let mut fan = match node {
        Node::Holder(at) => of_holder(access, *at, shared),
        Node::Foreign(arn) => Fan { own: of_foreign(access, arn), ..Fan::default() },
        Node::Outside(name) => Fan { own: of_outside(access, name), ..Fan::default() },
        Node::World => Fan { own: of_world(access), ..Fan::default() },
    };
    sort(&mut fan.own);
    fan
}

fn sort(hops: &mut [(Node, Hop)]) {
    hops.sort_by(|(left, one), (right, other)| (!one.certain, left).cmp(&(!other.certain, right)));
}

fn of_holder(access: &Access<'_>, at: usize, shared: &mut Shared) -> Fan {
    let holder = &access.index.holders[at];
    let assumable = Assumable::by(holder);
    let principal = access.as_principal(at);
    let to = |role: usize| -> Option<(Node, Hop)> {
        let arn = access.index.holders[role].arn();
        Some((Node::Holder(role), hop(access, &own(principal.clone(), ASSUME, arn), holder.arn())?))
    };
    let mut alone = access.trusts.direct(&access.index, holder, &assumable);
    let mut fan = Fan::default();
    if access.judged_as_class(at) {
        let common = shared.entry(holder.assuming).or_insert_with(|| {
            let asks_who = |role: &usize| access.index.holders[*role].trust.as_ref().is_some_and(asks_who);
            let delegated = access.trusts.delegated(&access.index, holder, &assumable);
            let (personal, common): (Vec<usize>, Vec<usize>) = delegated.into_iter().partition(asks_who);
            let mut hops: Vec<(Node, Hop)> = common.into_iter().filter_map(to).collect();
            sort(&mut hops);
            Common { hops: Rc::new(hops), personal }
        });
        alone.extend(&common.personal);
        fan.shared = Rc::clone(&common.hops);
    } else {
        alone.extend(access.trusts.delegated(&access.index, holder, &assumable));
    }
    fan.own.extend(alone.into_iter().filter(|role| *role != at).filter_map(to));
    let foreign = assumable.literal.iter().filter(|arn| is_foreign_role(access, arn));
    fan.own.extend(foreign.filter_map(|arn| {
        Some((Node::Foreign((*arn).to_owned()), hop(access, &own(principal.clone(), ASSUME, arn), holder.arn())?))
    }));
    fan
}

fn is_foreign_role(access: &Access<'_>, arn: &str) -> bool {
    arn.contains(":role/") && account_of(arn).is_some_and(|account| !access.index.scanned.contains(account))
}

fn of_foreign(access: &Access<'_>, arn: &str) -> Vec<(Node, Hop)> {
    let principal = Principal::read(arn);
    let roles = access.trusts.candidates_of_foreign(arn).into_iter();
    roles
        .filter_map(|role| {
            let request = own(principal.clone(), ASSUME, access.index.holders[role].arn());
            Some((Node::Holder(role), hop(access, &request, arn)?))
        })
        .collect()
}

fn of_outside(access: &Access<'_>, name: &str) -> Vec<(Node, Hop)> {
    let principal = Principal::read(name);
    let roles: Vec<usize> = match &principal {
        Principal::Service(service) => access.trusts.of_service(service).collect(),
        _ => access.trusts.of_provider(name).collect(),
    };
    roles.into_iter().filter_map(|role| let_in(access, principal.clone(), name, name, role)).collect()
}

fn of_world(access: &Access<'_>) -> Vec<(Node, Hop)> {
    let outsiders = access.trusts.outsiders(&access.index);
    outsiders
        .into_iter()
        .filter_map(|(outsider, role)| match &outsider {
            Outsider::Named(arn) => let_in(access, Principal::read(arn), arn, arn, role),
            Outsider::Account(account) => {
                let label = format!("any principal of {account}");
                let_in(access, somebody(account), "", &label, role)
            }
            Outsider::Provider(provider) => let_in(access, Principal::read(provider), provider, provider, role),
            Outsider::Anyone => let_in(access, somebody(NOBODY), "", "any principal of any account", role),
        })
        .collect()
}

/// No account has this number.
const NOBODY: &str = "000000000000";

/// Some role of an account of which nothing is known.
fn somebody(account: &str) -> Principal {
    Principal::role(&format!("arn:aws:iam::{account}:role/unknown"))
}

/// The request of somebody outside of the snapshot to assume a role.
fn let_in(access: &Access<'_>, principal: Principal, name: &str, label: &str, role: usize) -> Option<(Node, Hop)> {
    let arn = access.index.holders[role].arn();
    let action = match &principal {
        Principal::Federated(_) if name.contains(":saml-provider/") => "sts:AssumeRoleWithSAML",
        Principal::Federated(_) => "sts:AssumeRoleWithWebIdentity",
        _ => ASSUME,
    };
    let mut request = own(principal, action, arn);
    if name.is_empty() {
        let account = request.principal.account().unwrap_or_default().to_owned();
        for key in ["aws:principalarn", "aws:userid", "aws:principaltype", "aws:username"] {
            request.context.set(key, KeyValue::Unknown);
        }
        if account == NOBODY {
            request.context.set("aws:principalaccount", KeyValue::Present);
        }
    }
    if let Principal::Service(_) = request.principal {
        // A service acts for the account that owns the role, unless a policy forgets to ask.
        request.context.set("aws:sourceaccount", KeyValue::Unknown);
        request.context.set("aws:sourcearn", KeyValue::Unknown);
    }
    let mut hop = hop(access, &request, label)?;
    if name.is_empty() {
        vouched(&mut hop);
    }
    Some((Node::Holder(role), hop))
}

/// What somebody's own account allows is for that account to say: it is asked for in one line,
/// and does not make the hop uncertain.
fn vouched(hop: &mut Hop) {
    let before = hop.requirements.len();
    hop.requirements.retain(|asked| asked.key.is_some());
    if hop.requirements.len() < before {
        hop.certain = hop.requirements.is_empty();
        hop.requirements.push(Requirement {
            key: None,
            words: "its own account allows it".to_owned(),
            statement: None,
        });
    }
}

/// A request that a principal makes by itself, not through a service.
pub(super) fn own(principal: Principal, action: &str, resource: &str) -> Request {
    let mut request = Request::new(principal, action, resource);
    request.context.set("aws:viaawsservice", KeyValue::Known(vec!["false".to_owned()]));
    request.context.set("aws:calledvia", KeyValue::Absent);
    request
}

fn hop(access: &Access<'_>, request: &Request, from: &str) -> Option<Hop> {
    let (answer, policies) = access.judged(request);
    let certain = match &answer.decision {
        Decision::Allow => true,
        Decision::Deny(_) => return None,
        Decision::Depends(needs) => needs.iter().all(Access::is_about_organization),
    };
    Some(Hop {
        from: from.to_owned(),
        to: request.resource.clone(),
        action: if request.action == ASSUME { "sts:AssumeRole".to_owned() } else { request.action.clone() },
        certain,
        requirements: requirements(&answer, &policies),
        evidence: evidence(&answer),
    })
}

/// The statements that allow, or that may.
pub(super) fn evidence(answer: &Answer) -> Vec<StatementRef> {
    let says = |layer: &&LayerAnswer| matches!(layer.says, Says::Allow | Says::Depends(_));
    let places: BTreeSet<&StatementRef> =
        answer.layers.iter().filter(says).flat_map(|layer| &layer.statements).collect();
    places.into_iter().cloned().collect()
}
