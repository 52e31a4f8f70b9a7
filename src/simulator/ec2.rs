//! EC2: the network, instances, volumes and settings of a region.
//!
//! Each operation selects by id and filter, cuts a page and writes it; what an item looks like
//! stands in `ec2_items` and `ec2_groups`.

use std::ops::RangeInclusive;

use super::ec2_compute as compute;
use super::ec2_groups as groups;
use super::ec2_items as items;
use super::ec2_network as network;
use super::estate::{Account, Estate, Tags};
use super::estate_ec2::{Instance, PrefixList, Region, Volume};
use super::paging::{Page, page};
use super::refusal::Refusal;
use super::request::Call;
use super::xml::{Xml, ec2_answer};

/// Where an item is looked at from.
pub(super) struct Place<'a> {
    pub(super) estate: &'a Estate,
    pub(super) account: &'a Account,
    pub(super) region_name: &'a str,
    pub(super) region: &'a Region,
}

/// What an operation needs to know about the things it lists.
pub(super) struct Listing<'a, T> {
    pub(super) things: Vec<T>,
    /// Parameter that names ids, and the word in "does not exist".
    pub(super) id_parameter: &'a str,
    pub(super) not_found: (&'a str, &'a str),
    /// How many results a caller may ask for at once.
    pub(super) page_sizes: RangeInclusive<usize>,
    pub(super) set: &'a str,
}

pub(super) fn answer(call: &Call, estate: &Estate, account: &Account) -> Result<String, Refusal> {
    let none = Region::default();
    if call.operation() == "DescribeRegions" {
        return Ok(regions(call, account));
    }
    let Some(region) = account.regions.get(&call.region) else {
        // AWS answers in every enabled region, and refuses the key in all others.
        return if account.regions.is_empty() {
            operation(call, &Place { estate, account, region_name: &call.region, region: &none })
        } else {
            Err(Refusal::unknown_key(call.asked.service))
        };
    };
    operation(call, &Place { estate, account, region_name: &call.region, region })
}

fn operation(call: &Call, place: &Place<'_>) -> Result<String, Refusal> {
    let settings = &place.region.settings;
    let one = |fill: &dyn Fn(&mut Xml)| Ok(ec2_answer(call.operation(), &call.request, |xml| fill(xml)));
    match call.operation() {
        "GetEbsEncryptionByDefault" => one(&|xml| xml.text("ebsEncryptionByDefault", settings.ebs_encryption)),
        "GetSnapshotBlockPublicAccessState" => {
            one(&|xml| xml.text("state", settings.snapshot_block.as_deref().unwrap_or("unblocked")))
        }
        "GetImageBlockPublicAccessState" => {
            one(&|xml| xml.text("imageBlockPublicAccessState", settings.image_block.as_deref().unwrap_or("unblocked")))
        }
        "GetInstanceMetadataDefaults" => one(&|xml| {
            xml.element("accountLevel", |xml| xml.maybe("httpTokens", settings.metadata_tokens.as_ref()));
        }),
        "DescribeVpcBlockPublicAccessOptions" => one(&|xml| {
            xml.element("vpcBlockPublicAccessOptions", |xml| {
                xml.text("awsAccountId", &place.account.id);
                xml.text("awsRegion", place.region_name);
                xml.text("state", "default-state");
                xml.text("internetGatewayBlockMode", settings.vpc_block.as_deref().unwrap_or("off"));
            });
        }),
        "GetManagedPrefixListEntries" => prefix_list_entries(call, place),
        operation if compute::OPERATIONS.contains(&operation) => compute::answer(call, place),
        _ => describe(call, place),
    }
}

fn describe(call: &Call, place: &Place<'_>) -> Result<String, Refusal> {
    let region = place.region;
    match call.operation() {
        "DescribeVpcs" => list(
            call,
            Listing {
                things: region.vpcs.iter().collect(),
                id_parameter: "VpcId",
                not_found: ("InvalidVpcID.NotFound", "vpc ID"),
                page_sizes: 5..=1000,
                set: "vpcSet",
            },
            |vpc| (&vpc.id, &vpc.tags),
            |vpc, filter| items::vpc_attribute(vpc, filter),
            |xml, vpc| items::vpc(xml, place, vpc),
        ),
        "DescribeSubnets" => list(
            call,
            Listing {
                things: region.subnets.iter().collect(),
                id_parameter: "SubnetId",
                not_found: ("InvalidSubnetID.NotFound", "subnet ID"),
                page_sizes: 5..=1000,
                set: "subnetSet",
            },
            |subnet| (&subnet.id, &subnet.tags),
            |subnet, filter| items::subnet_attribute(subnet, filter),
            |xml, subnet| items::subnet(xml, place, subnet),
        ),
        "DescribeNetworkAcls" => list(
            call,
            Listing {
                things: region.network_acls.iter().collect(),
                id_parameter: "NetworkAclId",
                not_found: ("InvalidNetworkAclID.NotFound", "networkAcl ID"),
                page_sizes: 5..=1000,
                set: "networkAclSet",
            },
            |acl| (&acl.id, &acl.tags),
            |acl, filter| items::network_acl_attribute(acl, filter),
            |xml, acl| items::network_acl(xml, place, acl),
        ),
        "DescribeFlowLogs" => list(
            call,
            Listing {
                things: region.flow_logs.iter().collect(),
                id_parameter: "FlowLogId",
                not_found: ("InvalidFlowLogId.NotFound", "flow log ID"),
                page_sizes: 1..=1000,
                set: "flowLogSet",
            },
            |log| (&log.id, &log.tags),
            |log, filter| items::flow_log_attribute(log, filter),
            |xml, log| items::flow_log(xml, place, log),
        ),
        "DescribeVolumes" => list(
            call,
            Listing {
                things: region.volumes.iter().filter(|volume| shows_volume(call, region, volume)).collect(),
                id_parameter: "VolumeId",
                not_found: ("InvalidVolume.NotFound", "volume"),
                page_sizes: 5..=1000,
                set: "volumeSet",
            },
            |volume| (&volume.id, &volume.tags),
            |volume, filter| items::volume_attribute(volume, filter),
            |xml, volume| items::volume(xml, place, volume),
        ),
        _ => describe_network(call, place),
    }
}

fn describe_network(call: &Call, place: &Place<'_>) -> Result<String, Refusal> {
    let region = place.region;
    let no_tags = Tags::new();
    match call.operation() {
        "DescribeSecurityGroups" => list(
            call,
            Listing {
                things: region.security_groups.iter().collect(),
                id_parameter: "GroupId",
                not_found: ("InvalidGroup.NotFound", "security group"),
                page_sizes: 5..=1000,
                set: "securityGroupInfo",
            },
            |group| (&group.id, &group.tags),
            |group, filter| groups::security_group_attribute(group, filter),
            |xml, group| groups::security_group(xml, place, group),
        ),
        "DescribeSecurityGroupRules" => list(
            call,
            Listing {
                things: groups::group_rules(region),
                id_parameter: "SecurityGroupRuleId",
                not_found: ("InvalidSecurityGroupRuleId.NotFound", "security group rule ID"),
                page_sizes: 5..=1000,
                set: "securityGroupRuleSet",
            },
            |rule| (&rule.id, &no_tags),
            |rule, filter| groups::group_rule_attribute(rule, filter),
            |xml, rule| groups::group_rule(xml, place, rule),
        ),
        "DescribeNetworkInterfaces" => list(
            call,
            Listing {
                things: items::interfaces(region).into_iter().filter(|card| shows(call, card.hidden)).collect(),
                id_parameter: "NetworkInterfaceId",
                not_found: ("InvalidNetworkInterfaceID.NotFound", "networkInterface ID"),
                page_sizes: 5..=1000,
                set: "networkInterfaceSet",
            },
            |interface| (&interface.id, &interface.tags),
            items::interface_attribute,
            |xml, interface| items::interface(xml, place, interface),
        ),
        "DescribeInstances" => list(
            call,
            Listing {
                things: region.instances.iter().filter(|instance| shows(call, instance.hidden)).collect(),
                id_parameter: "InstanceId",
                not_found: ("InvalidInstanceID.NotFound", "instance ID"),
                page_sizes: 5..=1000,
                set: "reservationSet",
            },
            |instance| (&instance.id, &instance.tags),
            |instance, filter| items::instance_attribute(instance, filter),
            |xml, instance| items::reservation(xml, place, instance),
        ),
        "DescribeManagedPrefixLists" => list(
            call,
            Listing {
                things: region.prefix_lists.iter().collect(),
                id_parameter: "PrefixListId",
                not_found: ("InvalidPrefixListID.NotFound", "prefix list ID"),
                page_sizes: 1..=100,
                set: "prefixListSet",
            },
            |list| (&list.id, &list.tags),
            |list, filter| items::prefix_list_attribute(list, filter),
            |xml, list| items::prefix_list(xml, place, list),
        ),
        _ => network::answer(call, place),
    }
}

/// Whether the caller sees a thing: what services manage and the account hides is shown on request.
pub(super) fn shows(call: &Call, hidden: bool) -> bool {
    !hidden || call.parameter("IncludeManagedResources") == Some("true")
}

fn shows_volume(call: &Call, region: &Region, volume: &Volume) -> bool {
    let holder = |instance: &&Instance| Some(&instance.id) == volume.instance.as_ref();
    shows(call, region.instances.iter().find(holder).is_some_and(|instance| instance.hidden))
}

/// A list that knows pages.
pub(super) fn list<T>(
    call: &Call,
    listing: Listing<'_, T>,
    identity: impl Fn(&T) -> (&String, &Tags),
    attribute: impl Fn(&T, &str) -> Option<Vec<String>>,
    mut write: impl FnMut(&mut Xml, &T),
) -> Result<String, Refusal> {
    let (chosen, set, page_sizes) = chosen(call, listing, identity, attribute)?;
    let page = page_of(call, &chosen, &page_sizes)?;
    Ok(ec2_answer(call.operation(), &call.request, |xml| {
        xml.list(set, "item", page.items, &mut write);
        xml.maybe("nextToken", page.next);
    }))
}

/// A list that knows no pages: everything comes at once.
pub(super) fn whole<T>(
    call: &Call,
    listing: Listing<'_, T>,
    identity: impl Fn(&T) -> (&String, &Tags),
    attribute: impl Fn(&T, &str) -> Option<Vec<String>>,
    mut write: impl FnMut(&mut Xml, &T),
) -> Result<String, Refusal> {
    if call.parameter("MaxResults").is_some() || call.parameter("NextToken").is_some() {
        return Err(Refusal::new(400, "UnknownParameter", "The parameter MaxResults is not recognized"));
    }
    let (chosen, set, _) = chosen(call, listing, identity, attribute)?;
    Ok(ec2_answer(call.operation(), &call.request, |xml| xml.list(set, "item", &chosen, &mut write)))
}

/// What ids and filters select, its element and its page sizes.
type Chosen<'a, T> = (Vec<T>, &'a str, RangeInclusive<usize>);

fn chosen<'a, T>(
    call: &Call,
    listing: Listing<'a, T>,
    identity: impl Fn(&T) -> (&String, &Tags),
    attribute: impl Fn(&T, &str) -> Option<Vec<String>>,
) -> Result<Chosen<'a, T>, Refusal> {
    let wanted = call.numbered(listing.id_parameter);
    let filters = filters(call);
    if let Some(missing) = wanted.iter().find(|id| !listing.things.iter().any(|thing| identity(thing).0 == **id)) {
        let (code, what) = listing.not_found;
        return Err(Refusal::new(400, code, format!("The {what} '{missing}' does not exist")));
    }
    let mut chosen = Vec::new();
    for thing in listing.things {
        let (id, tags) = identity(&thing);
        let named = wanted.is_empty() || wanted.contains(&id.as_str());
        if named && passes(&filters, tags, |filter| attribute(&thing, filter))? {
            chosen.push(thing);
        }
    }
    Ok((chosen, listing.set, listing.page_sizes))
}

/// The page that the caller asks for.
pub(super) fn page_of<'a, T>(
    call: &Call,
    things: &'a [T],
    allowed: &RangeInclusive<usize>,
) -> Result<Page<'a, T>, Refusal> {
    page(things, call.parameter("NextToken"), page_size(call, allowed)?)
        .map_err(|_bad| Refusal::new(400, "InvalidPaginationToken", "The pagination token is not valid or has expired"))
}

/// Without `MaxResults` everything comes at once, up to AWS's own limit.
fn page_size(call: &Call, allowed: &RangeInclusive<usize>) -> Result<usize, Refusal> {
    let Some(text) = call.parameter("MaxResults") else { return Ok(*allowed.end()) };
    let (least, most) = (allowed.start(), allowed.end());
    match text.parse::<usize>() {
        Ok(size) if allowed.contains(&size) => Ok(size),
        Ok(size) if size < *least => {
            Err(bad_value(text, "maxResults", &format!("Expecting a value greater than {least}.")))
        }
        Ok(_) => Err(bad_value(text, "maxResults", &format!("Expecting a value less than {most}."))),
        Err(_) => Err(bad_value(text, "maxResults", "Expecting an integer.")),
    }
}

fn bad_value(value: &str, parameter: &str, why: &str) -> Refusal {
    let message = format!("Value ( {value} ) for parameter {parameter} is invalid. {why}");
    Refusal::new(400, "InvalidParameterValue", message)
}

fn filters(call: &Call) -> Vec<(&str, Vec<&str>)> {
    (1..)
        .map_while(|number| {
            let name = call.parameter(&format!("Filter.{number}.Name"))?;
            Some((name, call.numbered(&format!("Filter.{number}.Value"))))
        })
        .collect()
}

fn passes(
    filters: &[(&str, Vec<&str>)],
    tags: &Tags,
    attribute: impl Fn(&str) -> Option<Vec<String>>,
) -> Result<bool, Refusal> {
    for (name, wanted) in filters {
        let actual = match name.strip_prefix("tag:") {
            Some(key) => tags.get(key).cloned().into_iter().collect(),
            None if *name == "tag-key" => tags.keys().cloned().collect(),
            None => attribute(name)
                .ok_or_else(|| Refusal::new(400, "InvalidParameterValue", format!("The filter '{name}' is invalid")))?,
        };
        if !actual.iter().any(|value| wanted.contains(&value.as_str())) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn regions(call: &Call, account: &Account) -> String {
    let named = call.numbered("RegionName");
    let names = account.regions.keys().filter(|name| named.is_empty() || named.contains(&name.as_str()));
    ec2_answer(call.operation(), &call.request, |xml| {
        xml.list("regionInfo", "item", names, |xml, name| {
            xml.text("regionName", name);
            xml.text("regionEndpoint", format!("ec2.{name}.amazonaws.com"));
            xml.text("optInStatus", "opt-in-not-required");
        });
    })
}

fn prefix_list_entries(call: &Call, place: &Place<'_>) -> Result<String, Refusal> {
    let id = call.needed("PrefixListId")?;
    let list: &PrefixList = place.region.prefix_lists.iter().find(|list| list.id == id).ok_or_else(|| {
        Refusal::new(400, "InvalidPrefixListID.NotFound", format!("The prefix list ID '{id}' does not exist"))
    })?;
    let page = page_of(call, &list.entries, &(1..=100))?;
    Ok(ec2_answer(call.operation(), &call.request, |xml| {
        xml.list("entrySet", "item", page.items, |xml, range| xml.text("cidr", range));
        xml.maybe("nextToken", page.next);
    }))
}
