//! `GetAccountAuthorizationDetails`: users, groups, roles and policies in one paged list.

use super::estate::{Account, Estate, opaque_id};
use super::estate_iam::{AwsPolicy, Group, InlinePolicy, ManagedPolicy, Role, User};
use super::iam::{encoded, end_of_page, paged, respond, tag_list};
use super::refusal::Refusal;
use super::request::Call;
use super::s3::instant;
use super::xml::Xml;

/// One entry of the list; pages run across all kinds.
enum Entity<'a> {
    User(&'a User),
    Group(&'a Group),
    Role(&'a Role),
    Policy(&'a ManagedPolicy),
    AwsPolicy(&'a AwsPolicy),
}

pub(super) fn authorization_details(call: &Call, estate: &Estate, account: &Account) -> Result<String, Refusal> {
    let filters = call.numbered("Filter.member");
    let wants = |kind: &str| filters.is_empty() || filters.contains(&kind);
    let mut entities = Vec::new();
    if wants("User") {
        entities.extend(account.users.iter().map(Entity::User));
    }
    if wants("Group") {
        entities.extend(account.groups.iter().map(Entity::Group));
    }
    if wants("Role") {
        entities.extend(account.roles.iter().map(Entity::Role));
    }
    if wants("LocalManagedPolicy") {
        entities.extend(account.policies.iter().map(Entity::Policy));
    }
    if wants("AWSManagedPolicy") {
        let in_use = |policy: &&AwsPolicy| {
            let arn = aws_arn(policy);
            attachments(account, &arn) + boundaries(account, &arn) > 0
        };
        entities.extend(estate.aws_policies.iter().filter(in_use).map(Entity::AwsPolicy));
    }
    let page = paged(call, &entities)?;
    Ok(respond(call, |xml| {
        write_list(xml, "UserDetailList", page.items, |xml, entity| {
            if let Entity::User(one) = entity {
                xml.element("member", |xml| user(xml, estate, account, one));
            }
        });
        write_list(xml, "GroupDetailList", page.items, |xml, entity| {
            if let Entity::Group(one) = entity {
                xml.element("member", |xml| group(xml, estate, account, one));
            }
        });
        write_list(xml, "RoleDetailList", page.items, |xml, entity| {
            if let Entity::Role(one) = entity {
                xml.element("member", |xml| role(xml, estate, account, one));
            }
        });
        write_list(xml, "Policies", page.items, |xml, entity| match entity {
            Entity::Policy(one) => xml.element("member", |xml| policy(xml, estate, account, one)),
            Entity::AwsPolicy(one) => xml.element("member", |xml| aws_policy(xml, estate, account, one)),
            Entity::User(_) | Entity::Group(_) | Entity::Role(_) => {}
        });
        end_of_page(xml, page.next);
    }))
}

fn write_list(xml: &mut Xml, name: &str, entities: &[Entity<'_>], mut write: impl FnMut(&mut Xml, &Entity<'_>)) {
    xml.element(name, |xml| {
        for entity in entities {
            write(xml, entity);
        }
    });
}

fn user(xml: &mut Xml, estate: &Estate, account: &Account, user: &User) {
    let arn = account.iam_arn("user", &user.path, &user.name);
    xml.text("Path", &user.path);
    xml.text("UserName", &user.name);
    xml.text("UserId", opaque_id("AIDA", &arn));
    xml.text("Arn", arn);
    xml.text("CreateDate", instant(estate.days_ago(user.created_days_ago)));
    inline(xml, "UserPolicyList", &user.inline);
    xml.texts("GroupList", "member", &user.groups);
    attached(xml, &user.attached);
    boundary(xml, user.boundary.as_ref());
    tag_list(xml, &user.tags);
}

fn group(xml: &mut Xml, estate: &Estate, account: &Account, group: &Group) {
    let arn = account.iam_arn("group", &group.path, &group.name);
    xml.text("Path", &group.path);
    xml.text("GroupName", &group.name);
    xml.text("GroupId", opaque_id("AGPA", &arn));
    xml.text("Arn", arn);
    xml.text("CreateDate", instant(estate.days_ago(group.created_days_ago)));
    inline(xml, "GroupPolicyList", &group.inline);
    attached(xml, &group.attached);
}

fn role(xml: &mut Xml, estate: &Estate, account: &Account, role: &Role) {
    role_head(xml, estate, account, role);
    xml.list("InstanceProfileList", "member", &role.instance_profile, |xml, profile| {
        let arn = account.iam_arn("instance-profile", "/", profile);
        xml.text("Path", "/");
        xml.text("InstanceProfileName", profile);
        xml.text("InstanceProfileId", opaque_id("AIPA", &arn));
        xml.text("Arn", arn);
        xml.text("CreateDate", instant(estate.days_ago(role.created_days_ago)));
        xml.list("Roles", "member", [role], |xml, role| role_head(xml, estate, account, role));
    });
    inline(xml, "RolePolicyList", &role.inline);
    attached(xml, &role.attached);
    boundary(xml, role.boundary.as_ref());
    tag_list(xml, &role.tags);
    role_last_used(xml, estate, role);
}

/// What every view of a role starts with.
pub(super) fn role_head(xml: &mut Xml, estate: &Estate, account: &Account, role: &Role) {
    let arn = account.iam_arn("role", &role.path, &role.name);
    xml.text("Path", &role.path);
    xml.text("RoleName", &role.name);
    xml.text("RoleId", opaque_id("AROA", &arn));
    xml.text("Arn", arn);
    xml.text("CreateDate", instant(estate.days_ago(role.created_days_ago)));
    xml.text("AssumeRolePolicyDocument", encoded(&role.trust));
}

pub(super) fn role_last_used(xml: &mut Xml, estate: &Estate, role: &Role) {
    xml.element("RoleLastUsed", |xml| {
        if let Some(days) = role.used_days_ago {
            xml.text("LastUsedDate", instant(estate.days_ago(days)));
            xml.text("Region", role.used_in.as_deref().unwrap_or("us-east-1"));
        }
    });
}

pub(super) fn boundary(xml: &mut Xml, arn: Option<&String>) {
    if let Some(arn) = arn {
        xml.element("PermissionsBoundary", |xml| {
            xml.text("PermissionsBoundaryType", "Policy");
            xml.text("PermissionsBoundaryArn", arn);
        });
    }
}

fn inline(xml: &mut Xml, name: &str, policies: &[InlinePolicy]) {
    xml.list(name, "member", policies, |xml, policy| {
        xml.text("PolicyName", &policy.name);
        xml.text("PolicyDocument", encoded(&policy.document));
    });
}

fn attached(xml: &mut Xml, arns: &[String]) {
    xml.list("AttachedManagedPolicies", "member", arns, |xml, arn| {
        xml.text("PolicyName", arn.rsplit('/').next().unwrap_or(arn));
        xml.text("PolicyArn", arn);
    });
}

fn policy(xml: &mut Xml, estate: &Estate, account: &Account, policy: &ManagedPolicy) {
    let arn = account.iam_arn("policy", &policy.path, &policy.name);
    let created = estate.days_ago(policy.created_days_ago);
    let latest = policy.versions.len();
    policy_head(xml, account, &policy.name, &policy.path, &arn);
    xml.text("DefaultVersionId", format!("v{latest}"));
    xml.maybe("Description", policy.description.as_ref());
    xml.text("CreateDate", instant(created));
    xml.text("UpdateDate", instant(created));
    xml.list("PolicyVersionList", "member", policy.versions.iter().enumerate().rev(), |xml, (index, document)| {
        xml.text("Document", encoded(document));
        xml.text("VersionId", format!("v{}", index + 1));
        xml.text("IsDefaultVersion", index + 1 == latest);
        xml.text("CreateDate", instant(created));
    });
}

fn aws_policy(xml: &mut Xml, estate: &Estate, account: &Account, policy: &AwsPolicy) {
    let created = estate.days_ago(3650);
    policy_head(xml, account, &policy.name, &policy.path, &aws_arn(policy));
    xml.text("DefaultVersionId", "v1");
    xml.text("CreateDate", instant(created));
    xml.text("UpdateDate", instant(created));
    xml.list("PolicyVersionList", "member", [&policy.document], |xml, document| {
        xml.text("Document", encoded(document));
        xml.text("VersionId", "v1");
        xml.text("IsDefaultVersion", true);
        xml.text("CreateDate", instant(created));
    });
}

fn policy_head(xml: &mut Xml, account: &Account, name: &str, path: &str, arn: &str) {
    xml.text("PolicyName", name);
    xml.text("PolicyId", opaque_id("ANPA", arn));
    xml.text("Arn", arn);
    xml.text("Path", path);
    xml.text("AttachmentCount", attachments(account, arn));
    xml.text("PermissionsBoundaryUsageCount", boundaries(account, arn));
    xml.text("IsAttachable", true);
}

fn aws_arn(policy: &AwsPolicy) -> String {
    format!("arn:aws:iam::aws:policy{}{}", policy.path, policy.name)
}

fn attachments(account: &Account, arn: &str) -> usize {
    let users = account.users.iter().flat_map(|user| &user.attached);
    let groups = account.groups.iter().flat_map(|group| &group.attached);
    let roles = account.roles.iter().flat_map(|role| &role.attached);
    users.chain(groups).chain(roles).filter(|attached| *attached == arn).count()
}

fn boundaries(account: &Account, arn: &str) -> usize {
    let users = account.users.iter().filter_map(|user| user.boundary.as_ref());
    let roles = account.roles.iter().filter_map(|role| role.boundary.as_ref());
    users.chain(roles).filter(|boundary| *boundary == arn).count()
}
