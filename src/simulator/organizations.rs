//! Organizations: what an account belongs to, and for those who may know, the tree and its
//! policies. JSON 1.1.

use serde_json::{Value, json};

use super::estate::{Estate, document_text};
use super::estate_organization::{ControlPolicy, Organization};
use super::paging::page;
use super::refusal::Refusal;
use super::request::Call;

pub(super) fn answer(call: &Call, estate: &Estate) -> Result<String, Refusal> {
    let organization = estate
        .organization
        .as_ref()
        .filter(|organization| organization.accounts.contains_key(&call.account))
        .ok_or_else(not_in_use)?;
    let answer = match call.operation() {
        "DescribeOrganization" => Ok(describe(organization)),
        _ if !may_read(organization, call) => Err(not_management()),
        "ListRoots" => roots(call, organization),
        "ListParents" => parents(call, organization),
        "ListPolicies" => policies(call, organization),
        "DescribePolicy" => Ok(policy(organization, find(call, organization)?)),
        "ListTargetsForPolicy" => targets(call, organization),
        _ => Err(Refusal::unsupported(&call.asked)),
    };
    answer.map(|answer| answer.to_string())
}

fn not_in_use() -> Refusal {
    Refusal::new(400, "AWSOrganizationsNotInUseException", "Your account is not a member of an organization.")
}

fn not_management() -> Refusal {
    Refusal::new(400, "AccessDeniedException", "You don't have permissions to access this resource.")
}

fn may_read(organization: &Organization, call: &Call) -> bool {
    organization.management_account == call.account || organization.delegated_administrators.contains(&call.account)
}

fn describe(organization: &Organization) -> Value {
    let management = &organization.management_account;
    json!({"Organization": {
        "Id": organization.id,
        "Arn": arn(organization, "organization", ""),
        "FeatureSet": if organization.all_features { "ALL" } else { "CONSOLIDATED_BILLING" },
        "MasterAccountArn": arn(organization, "account", management),
        "MasterAccountId": management,
        "MasterAccountEmail": "cloud@nordwind.example",
    }})
}

fn roots(call: &Call, organization: &Organization) -> Result<Value, Refusal> {
    let types = organization.policy_types.iter();
    let root = json!({
        "Id": organization.root,
        "Arn": arn(organization, "root", &organization.root),
        "Name": "Root",
        "PolicyTypes": types.map(|(name, state)| json!({"Type": name, "Status": state})).collect::<Vec<_>>(),
    });
    paged(call, "Roots", &[root])
}

fn parents(call: &Call, organization: &Organization) -> Result<Value, Refusal> {
    let parent = organization.parent(call.needed("ChildId")?).ok_or_else(|| {
        let message = "We can't find an OU or account with the ChildId that you specified.";
        Refusal::new(400, "ChildNotFoundException", message)
    })?;
    let kind = if parent == organization.root { "ROOT" } else { "ORGANIZATIONAL_UNIT" };
    paged(call, "Parents", &[json!({"Id": parent, "Type": kind})])
}

fn policies(call: &Call, organization: &Organization) -> Result<Value, Refusal> {
    let wanted = call.needed("Filter")?;
    let policies = organization.policies.iter().filter(|policy| policy.policy_type == wanted);
    paged(call, "Policies", &policies.map(|policy| summary(organization, policy)).collect::<Vec<_>>())
}

fn find<'a>(call: &Call, organization: &'a Organization) -> Result<&'a ControlPolicy, Refusal> {
    let id = call.needed("PolicyId")?;
    organization.policies.iter().find(|policy| policy.id == id).ok_or_else(|| {
        let message = "We can't find a policy with the PolicyId that you specified.";
        Refusal::new(400, "PolicyNotFoundException", message)
    })
}

fn policy(organization: &Organization, policy: &ControlPolicy) -> Value {
    json!({"Policy": {"PolicySummary": summary(organization, policy), "Content": document_text(&policy.document)}})
}

fn summary(organization: &Organization, policy: &ControlPolicy) -> Value {
    let kind = policy.policy_type.to_lowercase();
    let arn = if policy.aws_managed {
        format!("arn:aws:organizations::aws:policy/{kind}/{}", policy.id)
    } else {
        arn(organization, "policy", &format!("{kind}/{}", policy.id))
    };
    json!({
        "Id": policy.id,
        "Arn": arn,
        "Name": policy.name,
        "Type": policy.policy_type,
        "AwsManaged": policy.aws_managed,
    })
}

fn targets(call: &Call, organization: &Organization) -> Result<Value, Refusal> {
    let target = |id: &String| {
        let kind = match id.split_once('-') {
            Some(("r", _)) => "ROOT",
            Some(("ou", _)) => "ORGANIZATIONAL_UNIT",
            _ => "ACCOUNT",
        };
        let path = if kind == "ACCOUNT" { "account" } else { id.split('-').next().unwrap_or_default() };
        json!({"TargetId": id, "Arn": arn(organization, path, id), "Name": id, "Type": kind})
    };
    paged(call, "Targets", &find(call, organization)?.targets.iter().map(target).collect::<Vec<_>>())
}

/// `arn:aws:organizations::<management account>:<kind>/<organization>/<id>`.
fn arn(organization: &Organization, kind: &str, id: &str) -> String {
    let base = format!("arn:aws:organizations::{}:{kind}/{}", organization.management_account, organization.id);
    if id.is_empty() { base } else { format!("{base}/{id}") }
}

fn paged(call: &Call, name: &str, items: &[Value]) -> Result<Value, Refusal> {
    const MOST: usize = 20;
    let size = call.parameter("MaxResults").and_then(|text| text.parse().ok()).unwrap_or(MOST).clamp(1, MOST);
    let page = page(items, call.parameter("NextToken"), size)
        .map_err(|_bad| Refusal::new(400, "InvalidInputException", "The NextToken that you specified is not valid."))?;
    let mut answer = json!({name: page.items});
    if let Some(next) = page.next {
        answer["NextToken"] = next.into();
    }
    Ok(answer)
}
