//! What a user, group or role holds: its policies, also those of its groups, and its boundary.
//!
//! Unknown places are looked over, never looked at: what is missing of a policy stands in `waits_for`.
//! What it is called decides nothing, so that an unknown name is not missing.

use super::Estate;
use super::estate::{waits_elsewhere, waits_here};
use crate::model::{AccountId, GrantedBy, Grants, Group, Pointer, PolicyDocument, Resource, Role, User};
use crate::policy::PolicyView;

/// One policy, as far as it is known.
pub(super) struct HeldPolicy<'a> {
    /// Absent while it is not known.
    pub(super) document: Option<&'a PolicyDocument>,
    /// How it is held, and the place it is seen from.
    pub(super) by: GrantedBy,
    /// Whether that place is the document itself.
    pub(super) in_place: bool,
    /// The document that holds it, and where.
    pub(super) home: Option<(&'a Resource, Pointer)>,
    /// What its unknown parts wait for.
    pub(super) waits_for: Vec<String>,
}

/// What a principal holds, and what of it is not known.
pub(super) struct Held<'a> {
    pub(super) account: &'a AccountId,
    pub(super) policies: Vec<HeldPolicy<'a>>,
    /// ARNs of the groups it is in, or of the group itself.
    pub(super) groups: Vec<String>,
    /// ARNs of attached customer-managed policies.
    pub(super) attached: Vec<String>,
    pub(super) boundary: Option<&'a PolicyDocument>,
    pub(super) boundary_waits_for: Vec<String>,
    /// Policies and groups that are missing altogether.
    pub(super) missing: Vec<String>,
    /// What ARNs in `groups` and `attached` wait for.
    pub(super) arns_wait_for: Vec<String>,
}

impl<'a> Held<'a> {
    pub(super) const fn new(resource: &'a Resource) -> Self {
        Self {
            account: &resource.account,
            policies: Vec::new(),
            groups: Vec::new(),
            attached: Vec::new(),
            boundary: None,
            boundary_waits_for: Vec::new(),
            missing: Vec::new(),
            arns_wait_for: Vec::new(),
        }
    }

    pub(super) fn of_role(resource: &'a Resource, role: &'a Role, estate: &Estate<'a>) -> Self {
        let mut held = Self::new(resource);
        held.add_grants(resource, &role.grants, estate, None);
        held.add_boundary(resource, role.permissions_boundary.as_deref(), estate);
        held
    }

    pub(super) fn of_user(resource: &'a Resource, user: &'a User, estate: &Estate<'a>) -> Self {
        let mut held = Self::new(resource);
        held.add_grants(resource, &user.grants, estate, None);
        held.add_boundary(resource, user.permissions_boundary.as_deref(), estate);
        let place = Pointer::configuration("groups");
        held.missing.extend(waits_here(resource, &place));
        for (index, name) in user.groups.iter().enumerate() {
            let at = place.child(index);
            if !waits_here(resource, &at).is_empty() {
                continue;
            }
            match estate.group(&resource.account, name) {
                Some((group, configuration)) => {
                    held.add_grants(group, &configuration.grants, estate, Some((name, &at)));
                    let arn = held.arn_of(group, "group", &configuration.path);
                    held.groups.push(arn);
                }
                None => held.missing.push(at.to_string()),
            }
        }
        held
    }

    /// What any member has by the group; a member's own policies may say more.
    pub(super) fn of_group(resource: &'a Resource, group: &'a Group, estate: &Estate<'a>) -> Self {
        let mut held = Self::new(resource);
        held.add_grants(resource, &group.grants, estate, None);
        let own = held.arn_of(resource, "group", &group.path);
        held.groups.push(own);
        held
    }

    /// The ARN, also of what is only planned, whose account has to be known for that.
    pub(super) fn arn_of(&mut self, resource: &Resource, kind: &str, path: &str) -> String {
        if resource.id.as_str().starts_with("arn:") {
            return resource.id.to_string();
        }
        if resource.account.is_unknown() {
            self.arns_wait_for.push("/account".to_owned());
        }
        format!("arn:aws:iam::{}:{kind}{path}{}", resource.account, resource.name)
    }

    /// Everything that is not known of its policies. What they are called grants nothing.
    pub(super) fn waits_for(&self) -> Vec<String> {
        let parts = self.policies.iter().flat_map(|policy| policy.waits_for.iter());
        self.missing.iter().chain(parts).cloned().collect()
    }

    /// The inline and attached policies of the principal, or of a group it is in.
    fn add_grants(
        &mut self,
        holder: &'a Resource,
        grants: &'a Grants,
        estate: &Estate<'a>,
        through: Option<(&String, &Pointer)>,
    ) {
        let inline = Pointer::configuration("inline_policies");
        let attached = Pointer::configuration("attached_policies");
        let told = |at: String| if through.is_some() { format!("{}#{at}", holder.id) } else { at };
        let documents: Vec<Pointer> =
            (0..grants.inline_policies.len()).map(|index| inline.child(index).child("document")).collect();
        let within_one = |place: &Pointer| documents.iter().any(|document| document.covers(place));
        for place in &holder.unknown {
            let of_a_list = place.overlaps(&inline) || place.overlaps(&attached);
            let is_name = place.as_str().ends_with("/name");
            if of_a_list && !is_name && !within_one(place) {
                self.missing.push(told(place.to_string()));
            }
        }
        let by = |kind: &str, policy: &str, aws_managed: bool, place: Pointer| GrantedBy {
            kind: kind.to_owned(),
            policy: policy.to_owned(),
            aws_managed,
            group: through.map(|(name, _)| name.clone()),
            with_others: false,
            because: through.map_or(place, |(_, group)| group.clone()),
        };
        for (index, policy) in grants.inline_policies.iter().enumerate() {
            let at = inline.child(index).child("document");
            let mut waits_for: Vec<String> = waits_here(holder, &at).into_iter().map(told).collect();
            let is_missing = holder.unknown.iter().any(|place| place.covers(&at));
            if policy.document.is_none() && waits_for.is_empty() {
                waits_for.push(told(at.to_string()));
            }
            self.policies.push(HeldPolicy {
                document: policy.document.as_ref().filter(|_| !is_missing),
                by: by("inline", &policy.name, false, at.clone()),
                in_place: through.is_none(),
                home: Some((holder, at)),
                waits_for,
            });
        }
        for (index, arn) in grants.attached_policies.iter().enumerate() {
            let at = attached.child(index);
            if holder.unknown.iter().any(|other| other.covers(&at)) {
                continue;
            }
            self.add_attached(arn, by("attached", arn, is_of_aws(arn), at), estate);
        }
    }

    fn add_attached(&mut self, arn: &'a str, by: GrantedBy, estate: &Estate<'a>) {
        let place = Pointer::configuration("document");
        let mut policy = HeldPolicy { document: None, by, in_place: false, home: None, waits_for: Vec::new() };
        if let Some((resource, configuration)) = estate.policy(arn) {
            if !configuration.aws_managed {
                let arn = self.arn_of(resource, "policy", &configuration.path);
                self.attached.push(arn);
            }
            policy.waits_for = waits_elsewhere(resource, &place);
            if configuration.document.is_none() && policy.waits_for.is_empty() {
                policy.waits_for.push(format!("{}#{place}", resource.id));
            }
            let is_missing = resource.unknown.iter().any(|other| other.covers(&place));
            policy.document = configuration.document.as_ref().filter(|_| !is_missing);
            policy.home = Some((resource, place));
        } else {
            policy.waits_for.push(format!("{arn}#{place}"));
        }
        self.policies.push(policy);
    }

    fn add_boundary(&mut self, holder: &Resource, boundary: Option<&str>, estate: &Estate<'a>) {
        self.boundary_waits_for = waits_here(holder, &Pointer::configuration("permissions_boundary"));
        let Some(arn) = boundary.filter(|_| self.boundary_waits_for.is_empty()) else { return };
        let place = Pointer::configuration("document");
        let Some((policy, configuration)) = estate.policy(arn) else {
            self.boundary_waits_for = vec![format!("{arn}#{place}")];
            return;
        };
        self.boundary_waits_for = waits_elsewhere(policy, &place);
        match &configuration.document {
            Some(document) if self.boundary_waits_for.is_empty() => self.boundary = Some(document),
            None if self.boundary_waits_for.is_empty() => {
                self.boundary_waits_for = vec![format!("{}#{place}", policy.id)];
            }
            _ => {}
        }
    }
}

impl<'a> HeldPolicy<'a> {
    /// The document, when nothing of it is unknown.
    pub(super) fn known(&self) -> Option<&'a PolicyDocument> {
        self.document.filter(|_| self.waits_for.is_empty())
    }

    /// The document with its unknown parts.
    pub(super) fn view(&self) -> Option<PolicyView<'a>> {
        let (home, at) = self.home.as_ref()?;
        Some(PolicyView::new(Some(self.document?), at.clone(), &home.unknown))
    }

    /// Where some of its statements are seen from the principal.
    pub(super) fn places(&self, statements: &[usize]) -> Vec<Pointer> {
        if !self.in_place {
            return vec![self.by.because.clone()];
        }
        statements.iter().map(|index| self.by.because.child("Statement").child(index)).collect()
    }
}

/// Whether AWS owns a managed policy, by its ARN.
pub(super) fn is_of_aws(arn: &str) -> bool {
    arn.split(':').nth(4) == Some("aws")
}
