//! Changed policies: of a bucket, an access point or a role's trust each by itself; those that a
//! principal holds all together, because what it may do is the union of them.

use std::collections::BTreeSet;

use serde_json::Value;

use super::held::{Policies, everything};
use super::meaning::{Meaning, Meanings, Place};
use super::proof::Proof;
use crate::model::{Configuration, Direction, FieldChange, PolicyDocument, Resource, ResourceType};

/// Sets the direction, what was gained and lost, and witnesses of the changes that are about
/// policies.
pub(super) fn judge<'a>(
    old: &'a Resource,
    new: &'a Resource,
    fields: &mut [FieldChange],
    policies: &Policies<'a>,
    meanings: &mut Meanings,
) {
    for field in &mut *fields {
        match field.path.as_str() {
            "/configuration/policy" | "/configuration/assume_role_policy" | "/configuration/document" => {
                own_policy(field, old, new, meanings);
            }
            "/configuration/permissions_boundary" => boundary(field, new, policies, meanings),
            _ => {}
        }
    }
    let mut held = fields.iter_mut().filter(|field| is_held(field.path.as_str()));
    let Some(first) = held.next() else { return };
    let delta = policies.delta(old, new);
    let known = meanings.beside(Place::Identity, &delta.kept, &delta.gone, &delta.come);
    let meaning = if delta.unread.is_empty() { Meaning::clone(&known) } else { partly(&known, &delta.unread) };
    let (before, after) = ([&*delta.kept, &*delta.gone].concat(), [delta.kept, delta.come].concat());
    meaning.tell(first, &Proof::held(new, before, after));
    for other in held {
        other.direction = meaning.direction;
        other.same_meaning = meaning.same;
        other.reason = Some(format!("judged together with {}, which says what was gained and lost", first.path));
    }
}

/// Whether a change is one of the policies that a principal holds.
fn is_held(path: &str) -> bool {
    matches!(path, "/configuration/attached_policies" | "/configuration/groups")
        || path.starts_with("/configuration/inline_policies/")
}

/// What is known when some of what came or went was not read: it may grant more, and it may deny
/// what the rest grants.
fn partly(known: &Meaning, unread: &BTreeSet<String>) -> Meaning {
    let reason = unread.iter().cloned().collect::<Vec<_>>().join("; ");
    Meaning { gained: known.gained.clone(), lost: known.lost.clone(), ..Meaning::unknown(reason) }
}

/// The policy that is the resource's own, or that decides who reaches it.
fn own_policy(field: &mut FieldChange, old: &Resource, new: &Resource, meanings: &mut Meanings) {
    let (before, after) = (document(old), document(new));
    let place = match new.resource_type {
        ResourceType::Role => Place::Trust,
        ResourceType::ManagedPolicy => Place::Identity,
        ResourceType::OrganizationPolicy => Place::Boundary,
        _ => Place::Resource,
    };
    let (before, after): (Vec<_>, Vec<_>) = (before.into_iter().collect(), after.into_iter().collect());
    let meaning = meanings.of(place, &before, &after);
    let proof = if matches!(place, Place::Identity | Place::Boundary) { Proof::held } else { Proof::own };
    meaning.tell(field, &proof(new, before, after));
}

fn document(resource: &Resource) -> Option<&PolicyDocument> {
    match &resource.configuration {
        Configuration::Bucket(bucket) => bucket.policy.as_ref(),
        Configuration::AccessPoint(point) => point.policy.as_ref(),
        Configuration::MultiRegionAccessPoint(point) => point.policy.as_ref(),
        Configuration::Role(role) => role.assume_role_policy.as_ref(),
        Configuration::ManagedPolicy(policy) => policy.document.as_ref(),
        Configuration::OrganizationPolicy(policy) => policy.document.as_ref(),
        _ => None,
    }
}

/// A permissions boundary. Without one there is no limit; to set one never widens, and to lift
/// it never narrows, whatever it says.
fn boundary(field: &mut FieldChange, holder: &Resource, policies: &Policies<'_>, meanings: &mut Meanings) {
    let arns = [&field.old, &field.new].map(|value| value.as_ref().and_then(Value::as_str).map(str::to_owned));
    let documents = arns.each_ref().map(|arn| match arn {
        None => Some(everything()),
        Some(arn) => policies.managed(arn),
    });
    if let [Some(before), Some(after)] = documents {
        let meaning = meanings.of(Place::Boundary, &[before], &[after]);
        meaning.tell(field, &Proof::held(holder, vec![before], vec![after]));
        if !field.same_meaning && field.reason.is_none() {
            field.reason = Some("a boundary only limits: it holds as far as the policies grant it".to_owned());
        }
        return;
    }
    let unread = arns.iter().zip(documents).filter(|(_, document)| document.is_none());
    let unread = unread.filter_map(|(arn, _)| Some(format!("the document of {} was not read", arn.as_ref()?)));
    field.reason = Some(unread.collect::<Vec<_>>().join("; "));
    field.direction = match arns {
        [None, Some(_)] => Direction::Narrowed,
        [Some(_), None] => Direction::Widened,
        _ => Direction::Unknown,
    };
}

#[cfg(test)]
mod tests {
    use super::super::compare;
    use super::super::tests::{
        ACCOUNT, BUCKET, ROLE, changes, one_field, policy, resource, rewritten, snapshot, without,
    };
    use super::*;
    use crate::model::{Bucket, Change, ChangeKind, Grants, Group, InlinePolicy, ManagedPolicy, Role, User};

    const READ: &str = r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::photos/*"}"#;
    const WRITE: &str = r#"{"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::photos/*"}"#;
    const GUARD: &str = r#"{"Effect":"Deny","Action":"s3:PutObject","Resource":"*"}"#;
    const USER: &str = "arn:aws:iam::111122223333:user/eve";

    fn bucket(statements: &str) -> Resource {
        resource(BUCKET, Bucket { policy: Some(policy(statements)), ..Bucket::default() })
    }

    fn everyone(statement: &str) -> String {
        statement.replace(r#""Action""#, r#""Principal":"*","Action""#)
    }

    fn managed(name: &str, statements: &str) -> Resource {
        let document = Some(policy(statements));
        resource(
            &format!("arn:aws:iam::{ACCOUNT}:policy/{name}"),
            ManagedPolicy { document, ..ManagedPolicy::default() },
        )
    }

    fn grants(inline: &[(&str, &str)], attached: &[&str]) -> Grants {
        let inline = inline
            .iter()
            .map(|(name, statements)| InlinePolicy { name: (*name).to_owned(), document: Some(policy(statements)) });
        let attached = attached.iter().map(|name| format!("arn:aws:iam::{ACCOUNT}:policy/{name}"));
        Grants { inline_policies: inline.collect(), attached_policies: attached.collect() }
    }

    fn role(inline: &[(&str, &str)], attached: &[&str]) -> Resource {
        resource(ROLE, Role { grants: grants(inline, attached), ..Role::default() })
    }

    /// The only change, of the resource with this ARN.
    fn change(old: Vec<Resource>, new: Vec<Resource>) -> Change {
        let mut changes = compare(&snapshot(old), &snapshot(new));
        assert_eq!(changes.len(), 1, "{changes:#?}");
        changes.remove(0)
    }

    fn proof(field: &FieldChange) -> [String; 2] {
        [(&field.gained_witness, true), (&field.lost_witness, false)]
            .map(|(witness, gained)| witness.as_ref().map(|witness| witness.sentence(gained)).unwrap_or_default())
    }

    fn words(field: &FieldChange) -> (Direction, String, String) {
        (field.direction, field.gained.join("; "), field.lost.join("; "))
    }

    fn told(direction: Direction, gained: &str, lost: &str) -> (Direction, String, String) {
        (direction, gained.to_owned(), lost.to_owned())
    }

    const GET: &str = "s3:GetObject on arn:aws:s3:::photos/*";
    const PUT: &str = "s3:PutObject on arn:aws:s3:::photos/*";
    const PROOF: &str = "arn:aws:iam::111122223333:role/ci may now s3:PutObject on arn:aws:s3:::photos/example";

    #[test]
    fn a_bucket_policy_tells_what_it_gained_and_lost_and_proves_it() {
        let field = one_field(bucket(&everyone(READ)), bucket(&everyone(&format!("{READ},{WRITE}"))));
        assert_eq!(words(&field), told(Direction::Widened, &format!("{PUT} to everyone"), ""));
        let [gained, lost] = proof(&field);
        assert!(gained.ends_with(" may now s3:PutObject on arn:aws:s3:::photos/example"), "{gained}");
        assert_eq!(lost, "");
        let swapped = one_field(bucket(&everyone(READ)), bucket(&everyone(WRITE)));
        assert_eq!(swapped.direction, Direction::Both);
        assert!(proof(&swapped)[1].ends_with(" may no longer s3:GetObject on arn:aws:s3:::photos/example"));
        let gone = compare(&snapshot([bucket(&everyone(READ))]), &snapshot([resource(BUCKET, Bucket::default())]));
        assert_eq!(
            (gone[0].direction, gone[0].fields[0].path.as_str()),
            (Direction::Narrowed, "/configuration/policy")
        );
    }

    #[test]
    fn the_same_meaning_in_other_statements_is_no_drift() {
        let one = everyone(READ).replace(r#""s3:GetObject""#, r#"["s3:GetObject","s3:PutObject"]"#);
        let two = everyone(&format!("{READ},{WRITE}"));
        assert!(rewritten(bucket(&one), bucket(&two)), "split");
        assert!(rewritten(bucket(&two), bucket(&one)), "merged");
        assert!(rewritten(bucket(&one), bucket(&one.replace(r#"{"Effect""#, r#"{"Sid":"A","Effect""#))), "labelled");
        let redundant = format!("{},{}", one, everyone(READ).replace("photos/*", "photos/2026/*"));
        assert!(rewritten(bucket(&one), bucket(&redundant)), "redundant");
        let mut tagged = bucket(&two);
        tagged.tags.insert("team".to_owned(), "x".to_owned());
        let both = change(vec![bucket(&one)], vec![tagged]);
        assert_eq!((both.kind, both.direction), (ChangeKind::Changed, Direction::Neutral), "a tag is a change");
        assert_eq!(both.fields.iter().filter(|field| field.same_meaning).count(), 1);
    }

    #[test]
    fn a_trust_policy_names_who_may_assume_the_role() {
        let trust = |who: &str| {
            let statement = format!(r#"{{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{{"AWS":[{who}]}}}}"#);
            resource(ROLE, Role { assume_role_policy: Some(policy(&statement)), ..Role::default() })
        };
        let field = one_field(trust(r#""111122223333""#), trust(r#""111122223333","666677778888""#));
        assert_eq!(field.direction, Direction::Widened);
        let [gained, lost] = proof(&field);
        assert!(
            gained.starts_with("arn:aws:iam::666677778888:") && gained.ends_with(&format!("sts:AssumeRole on {ROLE}"))
        );
        assert_eq!(lost, "");
    }

    #[test]
    fn what_a_principal_holds_is_compared_as_a_set() {
        let both = || [managed("r", READ), managed("w", WRITE)];
        let of = |old: Resource, new: Resource| {
            let with = |role| both().into_iter().chain([role]).collect::<Vec<_>>();
            change(with(old), with(new))
        };
        let attached = of(role(&[("a", READ)], &[]), role(&[("a", READ)], &["w"]));
        assert_eq!(words(&attached.fields[0]), told(Direction::Widened, PUT, ""));
        assert_eq!(proof(&attached.fields[0]), [PROOF, ""]);
        let detached = of(role(&[], &["r", "w"]), role(&[], &["r"]));
        assert_eq!(words(&detached.fields[0]), told(Direction::Narrowed, "", PUT));
        let swapped = of(role(&[], &["r"]), role(&[], &["w"]));
        assert_eq!(words(&swapped.fields[0]), told(Direction::Both, PUT, GET));
        let redundant = of(role(&[("a", READ)], &[]), role(&[("a", READ)], &["r"]));
        assert_eq!(redundant.kind, ChangeKind::Rewritten, "{redundant:#?}");
        let moved = of(role(&[("a", READ), ("b", WRITE)], &[]), role(&[("a", WRITE)], &["r"]));
        assert_eq!((moved.kind, moved.fields.len()), (ChangeKind::Rewritten, 3), "{moved:#?}");
        let several = of(role(&[("a", READ), ("b", READ)], &[]), role(&[("a", WRITE)], &[]));
        assert_eq!(words(&several.fields[0]), told(Direction::Both, PUT, GET));
        assert_eq!(several.fields[1].direction, Direction::Both);
        assert!(several.fields[1].reason.as_ref().unwrap().contains("/configuration/inline_policies/0/document"));
    }

    #[test]
    fn a_deny_that_goes_widens() {
        let guarded = format!("{WRITE},{GUARD}");
        let field = one_field(role(&[("a", &guarded)], &[]), role(&[("a", WRITE)], &[]));
        assert_eq!(words(&field), told(Direction::Widened, "s3:PutObject on * (no longer denied)", ""));
    }

    #[test]
    fn membership_brings_the_policies_of_the_group() {
        let user = |groups: &[&str]| {
            let groups = groups.iter().map(|name| (*name).to_owned()).collect();
            resource(USER, User { groups, ..User::default() })
        };
        let group = || {
            let group = Group { grants: grants(&[("inline", WRITE)], &[]), ..Group::default() };
            resource("arn:aws:iam::111122223333:group/ops", group)
        };
        let joined = change(vec![user(&[]), group()], vec![user(&["ops"]), group()]);
        assert_eq!(words(&joined.fields[0]), told(Direction::Widened, PUT, ""));
        assert!(proof(&joined.fields[0])[0].starts_with(USER));
        let unread = change(vec![user(&[])], vec![user(&["ops"])]);
        assert_eq!((unread.direction, unread.fields[0].direction), (Direction::Unknown, Direction::Unknown));
        assert_eq!(unread.fields[0].reason.as_deref(), Some("the policies of group ops were not read"));
        let emptied = resource("arn:aws:iam::111122223333:group/ops", Group::default());
        let changed = change(vec![user(&["ops"]), group()], vec![user(&["ops"]), emptied]);
        assert_eq!(changed.resource.resource_type, ResourceType::Group, "charged to the group");
        assert_eq!(changed.consequences, ["holds for user eve"]);
        assert_eq!(
            proof(&changed.fields[0])[1],
            "a member of group ops may no longer s3:PutObject on arn:aws:s3:::photos/example"
        );
    }

    #[test]
    fn a_managed_policy_changes_by_itself_and_names_its_holders() {
        let holder = || role(&[], &["w"]);
        let changed = change(vec![holder(), managed("w", READ)], vec![holder(), managed("w", WRITE)]);
        assert_eq!(changed.resource.resource_type, ResourceType::ManagedPolicy);
        assert_eq!(words(&changed.fields[0]), told(Direction::Both, PUT, GET));
        assert_eq!(changed.consequences, ["held by role ci"]);
        let swapped = compare(
            &snapshot([role(&[], &[]), managed("w", READ)]),
            &snapshot([role(&[], &["w"]), managed("w", WRITE)]),
        );
        assert_eq!(words(&swapped[1].fields[0]), told(Direction::Widened, PUT, ""), "as it is today");
    }

    #[test]
    fn a_policy_that_was_not_read_leaves_the_direction_open() {
        let attached = |arn: &str| {
            let mut grants = grants(&[], &[]);
            grants.attached_policies.push(arn.to_owned());
            resource(ROLE, Role { grants, ..Role::default() })
        };
        let field = one_field(role(&[], &[]), attached("arn:aws:iam::aws:policy/Fresh"));
        assert_eq!(field.direction, Direction::Unknown);
        assert_eq!(field.reason.as_deref(), Some("the document of arn:aws:iam::aws:policy/Fresh was not read"));
        let admin = one_field(role(&[], &[]), attached("arn:aws:iam::aws:policy/AdministratorAccess"));
        assert_eq!(admin.direction, Direction::Widened, "known by its name");
        assert_eq!(
            proof(&admin)[0],
            format!("{ROLE} may now iam:CreateAccessKey on arn:aws:iam::111122223333:user/example")
        );
        let unlisted = without(role(&[], &[]), "/configuration/attached_policies");
        assert_eq!(changes(role(&[], &["w"]), unlisted), []);
        let inline = without(role(&[("a", WRITE)], &[]), "/configuration/inline_policies/0/document");
        assert_eq!(changes(role(&[("a", READ)], &[]), inline), []);
    }

    #[test]
    fn a_boundary_is_compared_with_no_limit() {
        let limited = |boundary: Option<&str>| {
            let permissions_boundary = boundary.map(|name| format!("arn:aws:iam::{ACCOUNT}:policy/{name}"));
            resource(ROLE, Role { permissions_boundary, ..Role::default() })
        };
        let all = r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#;
        let of = |old: Option<&str>, new: Option<&str>| {
            let with =
                |role| vec![role, managed("r", READ), managed("rw", &format!("{READ},{WRITE}")), managed("all", all)];
            change(with(limited(old)), with(limited(new)))
        };
        assert_eq!(words(&of(None, Some("r")).fields[0]).0, Direction::Narrowed);
        assert_eq!(words(&of(Some("r"), None).fields[0]).0, Direction::Widened);
        assert_eq!(words(&of(Some("r"), Some("rw")).fields[0]), told(Direction::Widened, PUT, ""));
        assert_eq!(of(None, Some("all")).kind, ChangeKind::Rewritten, "no limit either way");
        assert_eq!(one_field(limited(None), limited(Some("unread"))).direction, Direction::Narrowed);
        assert_eq!(one_field(limited(Some("unread")), limited(None)).direction, Direction::Widened);
        let field = one_field(limited(Some("unread")), limited(Some("other")));
        assert_eq!(field.direction, Direction::Unknown);
        assert!(field.reason.unwrap().contains("policy/unread was not read; the document of"));
    }
}
