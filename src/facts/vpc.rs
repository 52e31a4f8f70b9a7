//! Facts of a VPC.

use super::Estate;
use super::estate::waits_elsewhere;
use crate::model::{Fact, Pointer, Resource, ResourceType, VpcFacts};

/// A flow log on the VPC itself, of any traffic type, that is active. Logs on single subnets or
/// interfaces do not add up to the VPC.
pub(super) fn facts(resource: &Resource, estate: &Estate<'_>) -> VpcFacts {
    VpcFacts { flow_logged: flow_logged(resource, estate) }
}

fn flow_logged(resource: &Resource, estate: &Estate<'_>) -> Fact<bool> {
    let Some(id) = crate::network::short_id(&resource.id) else {
        return Fact::unknown(vec!["/id".to_owned()]);
    };
    let mut waits_for = Vec::new();
    for (log, configuration) in estate.flow_logs().filter(|(log, _)| log.region == resource.region) {
        let subject = waits_elsewhere(log, &Pointer::configuration("resource_id"));
        let status = waits_elsewhere(log, &Pointer::configuration("status"));
        let about_us = configuration.resource_id == id;
        if subject.is_empty() && status.is_empty() && about_us && configuration.status == "ACTIVE" {
            return Fact::known(true, Vec::new());
        }
        if !subject.is_empty() || (about_us && !status.is_empty()) {
            waits_for.extend(subject.into_iter().chain(status));
        }
    }
    waits_for.extend(estate.unlisted(&resource.account, &resource.region, ResourceType::FlowLog));
    if waits_for.is_empty() { Fact::known(false, Vec::new()) } else { Fact::unknown(waits_for) }
}

#[cfg(test)]
mod tests {
    use super::super::estate::testing::{listed, resource, snapshot};
    use super::*;
    use crate::model::{Facts, FlowLog, Vpc};

    fn logged(logs: &[(&str, &str)], complete: bool) -> Option<bool> {
        let vpc = resource("arn:aws:ec2:eu-central-1:111122223333:vpc/vpc-0a", "vpc-0a", Vpc::default());
        let logs = logs.iter().enumerate().map(|(index, (subject, status))| {
            let log =
                FlowLog { resource_id: (*subject).to_owned(), status: (*status).to_owned(), ..FlowLog::default() };
            resource(&format!("arn:aws:ec2:eu-central-1:111122223333:vpc-flow-log/fl-{index}"), "log", log)
        });
        let mut snapshot = snapshot([vpc].into_iter().chain(logs));
        listed(&mut snapshot, "eu-central-1", ResourceType::FlowLog, complete);
        crate::facts::derive(&mut snapshot);
        match snapshot.resources[0].facts.as_ref().unwrap() {
            Facts::Vpc(facts) => facts.flow_logged.value,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_active_log_on_the_vpc_itself_counts() {
        assert_eq!(logged(&[("vpc-0a", "ACTIVE")], false), Some(true));
        assert_eq!(logged(&[("vpc-0a", "FAILED"), ("subnet-0a", "ACTIVE")], true), Some(false));
        assert_eq!(logged(&[("vpc-0b", "ACTIVE")], false), None);
    }
}
