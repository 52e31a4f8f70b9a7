//! Facts of VPC endpoints, of the services behind them, and of the VPCs they stand in.

use std::collections::BTreeSet;

use super::Estate;
use super::endpoint_policy;
use super::estate::{waits_elsewhere, waits_here};
use crate::model::{
    AccountId, Fact, Grantee, Outsider, Pointer, Resource, ResourceType, VpcEndpoint, VpcEndpointFacts,
    VpcEndpointService, VpcEndpointServiceFacts,
};
use crate::policy::account_of;

/// Facts of an endpoint.
pub(super) fn facts(resource: &Resource, endpoint: &VpcEndpoint, estate: &Estate<'_>) -> VpcEndpointFacts {
    VpcEndpointFacts {
        outsiders: endpoint_policy::outsiders(resource, endpoint, estate),
        zones: zones(resource, endpoint, estate),
    }
}

/// Zones of the endpoint's subnets. Two of them are several, whatever else is not known.
fn zones(resource: &Resource, endpoint: &VpcEndpoint, estate: &Estate<'_>) -> Fact<Vec<String>> {
    let place = Pointer::configuration("subnet_ids");
    let mut waits_for = waits_here(resource, &place);
    let mut zones = BTreeSet::new();
    for id in &endpoint.subnet_ids {
        let subnet = estate.between.subnet(&resource.region, id);
        match subnet.and_then(|(_, subnet)| subnet.availability_zone.clone()) {
            Some(zone) => {
                zones.insert(zone);
            }
            None => waits_for.push(subnet.map_or_else(
                || estate.unlisted(resource, ResourceType::Subnet).unwrap_or_else(|| format!("the subnet {id}")),
                |(subnet, _)| format!("{}#/configuration/availability_zone", subnet.id),
            )),
        }
    }
    if zones.len() < 2 && !waits_for.is_empty() {
        waits_for.sort();
        waits_for.dedup();
        return Fact::unknown(waits_for);
    }
    Fact::known(zones.into_iter().collect(), vec![place])
}

/// Services that have an available interface endpoint in a VPC, sorted: `ec2`, `ecr.api`, …
pub(super) fn services_of(vpc: &Resource, estate: &Estate<'_>) -> Fact<Vec<String>> {
    let places = ["service_name", "endpoint_type", "state"].map(Pointer::configuration);
    let mut waits_for: Vec<String> = estate.unlisted(vpc, ResourceType::VpcEndpoint).into_iter().collect();
    waits_for.extend(estate.between.unplaced_endpoints(vpc));
    let mut services = BTreeSet::new();
    for (resource, endpoint) in estate.between.endpoints_of(vpc) {
        waits_for.extend(places.iter().flat_map(|place| waits_elsewhere(resource, place)));
        if endpoint.endpoint_type == "Interface" && endpoint.state == "available" {
            services.insert(service(&endpoint.service_name, vpc.region.as_str()).to_owned());
        }
    }
    if waits_for.is_empty() {
        Fact::known(services.into_iter().collect(), Vec::new())
    } else {
        Fact::unknown(waits_for)
    }
}

/// `ecr.api` of `com.amazonaws.eu-central-1.ecr.api`; a service of another region keeps its name.
pub(super) fn service<'n>(name: &'n str, region: &str) -> &'n str {
    let after = name.split_once(region).and_then(|(_, rest)| rest.strip_prefix('.'));
    after.unwrap_or(name)
}

/// Facts of an endpoint service.
pub(super) fn service_facts(resource: &Resource, service: &VpcEndpointService) -> VpcEndpointServiceFacts {
    let place = Pointer::configuration("allowed_principals");
    let waits_for = waits_here(resource, &place);
    let allowed = service.allowed_principals.iter().flatten().enumerate();
    let known = allowed.filter(|(index, _)| !resource.unknown.iter().any(|other| other.covers(&place.child(*index))));
    let outsiders: BTreeSet<Outsider> =
        known.filter_map(|(index, name)| consumer(name, &resource.account, place.child(index))).collect();
    let because = outsiders.iter().flat_map(|outsider| outsider.because.clone()).collect();
    VpcEndpointServiceFacts { outsiders: Fact::partial(outsiders.into_iter().collect(), because, waits_for) }
}

/// Who a principal of an endpoint service is; `None` for the account's own.
fn consumer(name: &str, own: &AccountId, place: Pointer) -> Option<Outsider> {
    let account = account_of(name);
    if account == Some(own.as_str()) {
        return None;
    }
    let who = match account {
        _ if name == "*" => Grantee::Everyone,
        Some(_) if name.ends_with(":root") => Grantee::Account,
        Some(_) => Grantee::Principal,
        None => Grantee::Everyone,
    };
    Some(Outsider { who, name: name.to_owned(), account: account.map(ToOwned::to_owned), because: vec![place] })
}

#[cfg(test)]
mod tests {
    use super::super::estate::testing::{listed, resource, snapshot, without};
    use super::*;
    use crate::model::{Facts, Subnet, Vpc};

    const REGION: &str = "eu-central-1";

    fn arn(kind: &str, id: &str) -> String {
        format!("arn:aws:ec2:{REGION}:111122223333:{kind}/{id}")
    }

    fn endpoint(service: &str, state: &str, subnets: &[&str]) -> VpcEndpoint {
        VpcEndpoint {
            vpc_id: Some("vpc-0a".to_owned()),
            service_name: format!("com.amazonaws.{REGION}.{service}"),
            endpoint_type: "Interface".to_owned(),
            state: state.to_owned(),
            subnet_ids: subnets.iter().map(|subnet| (*subnet).to_owned()).collect(),
            ..VpcEndpoint::default()
        }
    }

    fn services(endpoints: &[VpcEndpoint], whole: bool) -> Option<Vec<String>> {
        let vpc = resource(&arn("vpc", "vpc-0a"), "vpc-0a", Vpc::default());
        let endpoints = endpoints
            .iter()
            .enumerate()
            .map(|(index, one)| resource(&arn("vpc-endpoint", &format!("vpce-{index}")), "x", one.clone()));
        let mut snapshot = snapshot([vpc].into_iter().chain(endpoints));
        listed(&mut snapshot, REGION, ResourceType::VpcEndpoint, whole);
        crate::facts::derive(&mut snapshot);
        match snapshot.resources[0].facts.as_ref().unwrap() {
            Facts::Vpc(facts) => facts.interface_endpoints.value.clone(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn only_an_available_interface_endpoint_of_the_vpc_serves_it() {
        let elsewhere = VpcEndpoint { vpc_id: Some("vpc-0b".to_owned()), ..endpoint("ssm", "available", &[]) };
        let gateway = VpcEndpoint { endpoint_type: "Gateway".to_owned(), ..endpoint("s3", "available", &[]) };
        let all =
            [endpoint("ecr.api", "available", &[]), endpoint("ec2", "pendingacceptance", &[]), elsewhere, gateway];
        assert_eq!(services(&all, true).unwrap(), ["ecr.api"]);
        assert_eq!(services(&all, false), None, "more endpoints may be there");
    }

    #[test]
    fn an_endpoint_of_another_vpc_leaves_nothing_open_and_of_those_that_may_be_of_any_a_few_are_named() {
        let waits_for = |vpc: &str, count: usize, unknown: &str| {
            let endpoints = (0..count).map(|index| {
                let endpoint = VpcEndpoint { vpc_id: Some(vpc.to_owned()), ..endpoint("ssm", "available", &[]) };
                without(resource(&arn("vpc-endpoint", &format!("vpce-{index}")), "x", endpoint), &[unknown])
            });
            let vpc = resource(&arn("vpc", "vpc-0a"), "vpc-0a", Vpc::default());
            let mut snapshot = snapshot([vpc].into_iter().chain(endpoints));
            listed(&mut snapshot, REGION, ResourceType::VpcEndpoint, true);
            crate::facts::derive(&mut snapshot);
            match snapshot.resources[0].facts.as_ref().unwrap() {
                Facts::Vpc(facts) => facts.interface_endpoints.waits_for.clone(),
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(waits_for("vpc-0b", 1, "/configuration/state"), Vec::<String>::new());
        assert_eq!(waits_for("vpc-0a", 1, "/configuration/state").len(), 1);
        let many = waits_for("vpc-0b", 25, "/configuration/vpc_id");
        assert_eq!((many.len(), many.last().map(String::as_str)), (21, Some("5 more places of endpoints")));
    }

    fn zones_of(subnets: &[(&str, Option<&str>)], of: &[&str], whole: bool) -> Fact<Vec<String>> {
        let endpoint = resource(&arn("vpc-endpoint", "vpce-0"), "x", endpoint("ec2", "available", of));
        let subnets = subnets.iter().map(|(id, zone)| {
            let zone = zone.map(ToOwned::to_owned);
            resource(&arn("subnet", id), id, Subnet { availability_zone: zone, ..Subnet::default() })
        });
        let mut snapshot = snapshot([endpoint].into_iter().chain(subnets));
        listed(&mut snapshot, REGION, ResourceType::Subnet, whole);
        crate::facts::derive(&mut snapshot);
        match snapshot.resources[0].facts.as_ref().unwrap() {
            Facts::VpcEndpoint(facts) => facts.zones.clone(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn zones_are_those_of_the_subnets() {
        let subnets = [("subnet-a", Some("1a")), ("subnet-b", Some("1b")), ("subnet-c", Some("1a"))];
        assert_eq!(zones_of(&subnets, &["subnet-a", "subnet-b"], true).value.unwrap(), ["1a", "1b"]);
        assert_eq!(zones_of(&subnets, &["subnet-a", "subnet-c"], true).value.unwrap(), ["1a"], "two in one zone");
        assert_eq!(zones_of(&subnets, &["subnet-a", "subnet-d"], false).value, None);
        assert_eq!(zones_of(&subnets, &["subnet-a", "subnet-b", "subnet-d"], false).value.unwrap(), ["1a", "1b"]);
    }

    #[test]
    fn consumers_of_other_accounts_are_outsiders() {
        let service = |allowed: &[&str], unknown: &[&str]| {
            let allowed = allowed.iter().map(|one| (*one).to_owned()).collect();
            let service = VpcEndpointService { allowed_principals: Some(allowed), ..VpcEndpointService::default() };
            let document = without(resource(&arn("vpc-endpoint-service", "x"), "x", service.clone()), unknown);
            service_facts(&document, &service).outsiders
        };
        let names = |fact: Fact<Vec<Outsider>>| {
            fact.value.map(|all| all.into_iter().map(|one| (one.who, one.name)).collect::<Vec<_>>())
        };
        let own = "arn:aws:iam::111122223333:root";
        assert_eq!(names(service(&[own], &[])).unwrap(), []);
        let expected =
            [(Grantee::Everyone, "*".to_owned()), (Grantee::Principal, "arn:aws:iam::444455556666:role/x".to_owned())];
        assert_eq!(names(service(&["*", "arn:aws:iam::444455556666:role/x", own], &[])).unwrap(), expected);
        assert_eq!(names(service(&[], &["/configuration/allowed_principals"])), None);
    }
}
