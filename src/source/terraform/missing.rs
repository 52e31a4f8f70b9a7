//! What a plan should hold and does not: how a plan made with `-target` shows where Terraform does
//! not say so, which it does since 1.8.

use std::collections::BTreeSet;

use super::address::steps;
use super::format::{ConfigurationModule, PlanFile, ResourceChange};

/// Addresses of blocks that have one instance, and of which the plan has none.
pub(super) fn blocks(file: &PlanFile, changes: &[&ResourceChange]) -> Vec<String> {
    let root = file.configuration.as_ref().and_then(|configuration| configuration.root_module.as_ref());
    let Some(root) = root.filter(|_| file.complete.is_none() && is_old(file.terraform_version.as_deref())) else {
        return Vec::new();
    };
    // Some versions do not show each `for_each`.
    let named: BTreeSet<String> = changes.iter().map(|change| without_keys(&change.address)).collect();
    let mut missing = Vec::new();
    let mut open: Vec<(String, &ConfigurationModule)> = vec![(String::new(), root)];
    while let Some((prefix, module)) = open.pop() {
        for block in module.resources.iter().flatten() {
            let single = block.count_expression.is_none() && block.for_each_expression.is_none();
            let (Some(kind), Some(name), Some("managed")) = (&block.kind, &block.name, block.mode.as_deref()) else {
                continue;
            };
            let address = format!("{prefix}{kind}.{name}");
            if single && !named.contains(&address) {
                missing.push(address);
            }
        }
        for (name, call) in module.module_calls.iter().flatten() {
            let single = call.count_expression.is_none() && call.for_each_expression.is_none();
            if let Some(module) = call.module.as_ref().filter(|_| single) {
                open.push((format!("{prefix}module.{name}."), module));
            }
        }
    }
    missing.sort();
    missing
}

fn without_keys(address: &str) -> String {
    let names = steps(address).map(|steps| steps.into_iter().map(|step| step.name).collect::<Vec<_>>());
    names.map_or_else(|| address.to_owned(), |names| names.join("."))
}

/// Whether it is a version that names everything it plans, and does not say when it leaves out some.
fn is_old(version: Option<&str>) -> bool {
    let mut numbers = version.unwrap_or_default().split('.').map(str::parse::<u32>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(0)), Some(Ok(minor))) => minor >= 12,
        (Some(Ok(1)), Some(Ok(minor))) => minor < 8,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::read_plan;

    fn incomplete(version: &str, complete: Option<bool>, call: &Value, planned: &[&str]) -> Vec<String> {
        let block = |name: &str, more: &Value| {
            let mut block = json!({"mode": "managed", "type": "aws_s3_bucket", "name": name, "expressions": {}});
            block.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            block
        };
        let mut call = call.clone();
        call["module"] = json!({"resources": [block("inner", &json!({}))]});
        let blocks = [block("a", &json!({})), block("none", &json!({"count_expression": {"constant_value": 0}}))];
        let change = |address: &&str| {
            json!({"address": address, "mode": "managed", "type": "aws_s3_bucket", "name": "a",
                "change": {"actions": ["create"], "before": null, "after": {}, "after_unknown": {}}})
        };
        let mut plan = json!({"format_version": "1.2", "terraform_version": version,
            "resource_changes": planned.iter().map(change).collect::<Vec<_>>(),
            "configuration": {"root_module": {"resources": blocks, "module_calls": {"m": call}}}});
        if let Some(complete) = complete {
            plan["complete"] = complete.into();
        }
        let plan = read_plan(plan.to_string().as_bytes()).unwrap();
        plan.incomplete().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_plan_of_an_old_terraform_that_leaves_out_a_block_is_not_complete() {
        let (both, one) = (["aws_s3_bucket.a", "module.m.aws_s3_bucket.inner"], ["aws_s3_bucket.a"]);
        let plain = json!({});
        assert!(incomplete("1.5.7", None, &plain, &both).is_empty());
        let said = incomplete("1.5.7", None, &plain, &one);
        assert_eq!(said.len(), 1);
        assert!(said[0].contains("module.m.aws_s3_bucket.inner"), "{said:?}");
        assert!(incomplete("1.5.7", None, &json!({"for_each_expression": {}}), &one).is_empty());
        assert!(
            incomplete("0.15.5", None, &plain, &["aws_s3_bucket.a[\"k\"]", "module.m[0].aws_s3_bucket.inner"])
                .is_empty()
        );
        assert!(incomplete("1.8.0", Some(true), &plain, &one).is_empty(), "it says itself that it is complete");
    }
}
