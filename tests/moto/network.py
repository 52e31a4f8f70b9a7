"""VPCs and what is in them."""

from gateways import create_addresses, create_nat_gateways
from target import present, tag


def create_region(target, name, region):
    ec2 = target.client("ec2", name)
    if region.get("settings", {}).get("ebs_encryption"):
        target.attempt("encryption by default", ec2.enable_ebs_encryption_by_default)
    for vpc in region.get("vpcs", []):
        create_vpc(target, ec2, vpc)
    for subnet in region.get("subnets", []):
        create_subnet(target, ec2, subnet)
    for acl_ in region.get("network_acls", []):
        create_network_acl(target, ec2, acl_)
    for prefix_list in region.get("prefix_lists", []):
        create_prefix_list(target, ec2, prefix_list)
    for group in region.get("security_groups", []):
        create_group_shell(target, ec2, group)
    for group in region.get("security_groups", []):
        create_group_rules(target, ec2, group)
    for instance in region.get("instances", []):
        create_instance(target, ec2, instance, region)
    network = region.get("network", {})
    create_addresses(target, ec2, network)
    create_nat_gateways(target, ec2, network)
    for interface in region.get("interfaces", []):
        create_interface(target, ec2, interface)
    for volume in region.get("volumes", []):
        create_volume(target, ec2, volume)
    for log in region.get("flow_logs", []):
        create_flow_log(target, ec2, log)


def create_vpc(target, ec2, vpc):
    if vpc.get("is_default"):
        found = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"][0]
        target.ids[vpc["id"]] = found["VpcId"]
        # moto's own subnets make room for those of the estate.
        for subnet in ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [found["VpcId"]]}])["Subnets"]:
            target.attempt("default subnet", ec2.delete_subnet, SubnetId=subnet["SubnetId"])
        return
    made = target.attempt(
        f"vpc {vpc['id']}",
        ec2.create_vpc,
        CidrBlock=vpc["ranges"][0],
        AmazonProvidedIpv6CidrBlock="ipv6_range" in vpc,
    )
    target.ids[vpc["id"]] = made["Vpc"]["VpcId"]
    if "ipv6_range" in vpc:
        blocks = ec2.describe_vpcs(VpcIds=[made["Vpc"]["VpcId"]])["Vpcs"][0]["Ipv6CidrBlockAssociationSet"]
        target.ids[vpc["ipv6_range"]] = blocks[0]["Ipv6CidrBlock"]
    tag(target, ec2, vpc["id"], vpc.get("tags"))


def create_subnet(target, ec2, subnet):
    made = target.attempt(
        f"subnet {subnet['id']}",
        ec2.create_subnet,
        VpcId=target.mapped(subnet["vpc"]),
        CidrBlock=subnet["range"],
        AvailabilityZone=subnet["zone"],
    )
    if not made:
        return
    target.ids[subnet["id"]] = made["Subnet"]["SubnetId"]
    # Set in any case: moto takes the first subnet of a zone without one for the default subnet.
    target.attempt(
        f"subnet {subnet['id']}",
        ec2.modify_subnet_attribute,
        SubnetId=made["Subnet"]["SubnetId"],
        MapPublicIpOnLaunch={"Value": subnet.get("public_addresses", False)},
    )
    tag(target, ec2, subnet["id"], subnet.get("tags"))


def create_network_acl(target, ec2, acl_):
    vpc = target.mapped(acl_["vpc"])
    if acl_.get("is_default"):
        filters = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "default", "Values": ["true"]}]
        target.ids[acl_["id"]] = ec2.describe_network_acls(Filters=filters)["NetworkAcls"][0]["NetworkAclId"]
        return
    made = target.attempt(f"acl {acl_['id']}", ec2.create_network_acl, VpcId=vpc)
    acl_id = made["NetworkAcl"]["NetworkAclId"]
    target.ids[acl_["id"]] = acl_id
    for entry in acl_["entries"]:
        create_acl_entry(target, ec2, acl_id, entry)
    for subnet in acl_.get("subnets", []):
        filters = [{"Name": "association.subnet-id", "Values": [target.mapped(subnet)]}]
        for other in ec2.describe_network_acls(Filters=filters)["NetworkAcls"]:
            for association in other["Associations"]:
                if association["SubnetId"] == target.mapped(subnet):
                    target.attempt(
                        "acl association",
                        ec2.replace_network_acl_association,
                        AssociationId=association["NetworkAclAssociationId"],
                        NetworkAclId=acl_id,
                    )
    tag(target, ec2, acl_["id"], acl_.get("tags"))


def create_acl_entry(target, ec2, acl_id, entry):
    ports = {"PortRange": {"From": entry["ports"][0], "To": entry["ports"][1]}} if "ports" in entry else {}
    target.attempt(
        "acl entry",
        ec2.create_network_acl_entry,
        NetworkAclId=acl_id,
        RuleNumber=entry["number"],
        Protocol={"all": "-1", "tcp": "6", "udp": "17", "icmp": "1"}[entry["protocol"]],
        RuleAction="deny" if entry.get("deny") else "allow",
        Egress=entry.get("egress", False),
        CidrBlock=entry["range"],
        **ports,
    )


def create_prefix_list(target, ec2, prefix_list):
    name = prefix_list["name"]
    if prefix_list.get("of_aws"):
        lists = ec2.describe_managed_prefix_lists(Filters=[{"Name": "prefix-list-name", "Values": [name]}])
        for one in lists["PrefixLists"]:
            target.ids[prefix_list["id"]] = one["PrefixListId"]
        return
    made = target.attempt(
        f"prefix list {name}",
        ec2.create_managed_prefix_list,
        PrefixListName=name,
        MaxEntries=len(prefix_list["entries"]),
        AddressFamily="IPv4",
        Entries=[{"Cidr": entry} for entry in prefix_list["entries"]],
    )
    if made:
        target.ids[prefix_list["id"]] = made["PrefixList"]["PrefixListId"]
        tag(target, ec2, prefix_list["id"], prefix_list.get("tags"))


def create_group_shell(target, ec2, group):
    vpc = target.mapped(group["vpc"])
    if group["name"] == "default":
        filters = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "group-name", "Values": ["default"]}]
        found = ec2.describe_security_groups(Filters=filters)["SecurityGroups"][0]
        target.ids[group["id"]] = found["GroupId"]
    else:
        made = target.attempt(
            f"group {group['name']}",
            ec2.create_security_group,
            GroupName=group["name"],
            Description=group["description"],
            VpcId=vpc,
        )
        target.ids[group["id"]] = made["GroupId"]
    tag(target, ec2, group["id"], group.get("tags"))


def create_group_rules(target, ec2, group):
    """Takes away what a new group has by itself, and gives it what the estate says."""
    group_id = target.mapped(group["id"])
    now = ec2.describe_security_groups(GroupIds=[group_id])["SecurityGroups"][0]
    directions = [
        ("ingress", now["IpPermissions"], ec2.revoke_security_group_ingress, ec2.authorize_security_group_ingress),
        ("egress", now["IpPermissionsEgress"], ec2.revoke_security_group_egress, ec2.authorize_security_group_egress),
    ]
    for direction, present_rules, revoke, authorize in directions:
        what = f"group {group['name']}: {direction}"
        if present_rules:
            target.attempt(what, revoke, GroupId=group_id, IpPermissions=present_rules)
        for opening in group.get(direction, []):
            target.attempt(what, authorize, GroupId=group_id, IpPermissions=[permission(target, opening)])


def permission(target, opening):
    protocol = opening["protocol"]
    wanted = {"IpProtocol": "-1" if protocol == "all" else protocol}
    ports = opening.get("ports") or {"icmp": [-1, -1], "tcp": [0, 65535], "udp": [0, 65535]}.get(protocol)
    if ports:
        wanted["FromPort"], wanted["ToPort"] = ports
    told = present(Description=opening.get("description"))
    for peer in opening["peers"]:
        if peer.startswith("pl-"):
            wanted.setdefault("PrefixListIds", []).append({"PrefixListId": target.mapped(peer), **told})
        elif "sg-" in peer:
            owner, _, group = peer.rpartition("/")
            pair = {"GroupId": target.mapped(group), "UserId": owner or target.account}
            wanted.setdefault("UserIdGroupPairs", []).append({**pair, **told})
        elif ":" in peer:
            wanted.setdefault("Ipv6Ranges", []).append({"CidrIpv6": peer, **told})
        else:
            wanted.setdefault("IpRanges", []).append({"CidrIp": peer, **told})
    return wanted


def create_instance(target, ec2, instance, region):
    # The root volume of the estate becomes the one moto makes with the instance.
    disks = [one for one in region.get("volumes", []) if one.get("instance") == instance["id"]][:1]
    mappings = [
        {
            "DeviceName": "/dev/sda1",
            "Ebs": {"VolumeSize": one["gib"], "Encrypted": one["encrypted"], **present(KmsKeyId=one.get("key"))},
        }
        for one in disks
    ]
    arguments = present(
        IamInstanceProfile={"Name": instance["profile"]} if "profile" in instance else None,
        BlockDeviceMappings=mappings,
    )
    made = target.attempt(
        f"instance {instance['id']}",
        ec2.run_instances,
        ImageId="ami-0a1b2c3d4e5f60718",
        MinCount=1,
        MaxCount=1,
        InstanceType=instance["type"],
        SubnetId=target.mapped(instance["subnet"]),
        SecurityGroupIds=[target.mapped(group) for group in instance["groups"]],
        MetadataOptions={
            "HttpTokens": instance["metadata_tokens"],
            "HttpPutResponseHopLimit": instance.get("metadata_hops", 1),
            "HttpEndpoint": "enabled",
        },
        **arguments,
    )
    if not made:
        return
    instance_id = made["Instances"][0]["InstanceId"]
    target.ids[instance["id"]] = instance_id
    map_parts(target, ec2, instance, disks)
    tag(target, ec2, instance["id"], instance.get("tags"))
    if instance.get("state") == "stopped":
        target.attempt("stop", ec2.stop_instances, InstanceIds=[instance_id])
    if instance.get("state") == "terminated":
        target.attempt("terminate", ec2.terminate_instances, InstanceIds=[instance_id])


def map_parts(target, ec2, instance, disks):
    found = ec2.describe_instances(InstanceIds=[target.ids[instance["id"]]])["Reservations"][0]["Instances"][0]
    for interface in found["NetworkInterfaces"]:
        target.ids[instance["id"].replace("i-", "eni-", 1)] = interface["NetworkInterfaceId"]
    for disk, mapping in zip(disks, found["BlockDeviceMappings"]):
        target.ids[disk["id"]] = mapping["Ebs"]["VolumeId"]
        tag(target, ec2, disk["id"], disk.get("tags"))


def create_interface(target, ec2, interface):
    if interface["id"] in target.ids:
        return
    made = target.attempt(
        f"interface {interface['id']}",
        ec2.create_network_interface,
        SubnetId=target.mapped(interface["subnet"]),
        PrivateIpAddress=interface["address"],
        Description=interface.get("description", ""),
        Groups=[target.mapped(group) for group in interface.get("groups", [])],
    )
    if not made:
        return
    interface_id = made["NetworkInterface"]["NetworkInterfaceId"]
    target.ids[interface["id"]] = interface_id
    if interface.get("forwards"):
        target.attempt(
            f"interface {interface['id']}",
            ec2.modify_network_interface_attribute,
            NetworkInterfaceId=interface_id,
            SourceDestCheck={"Value": False},
        )


def create_volume(target, ec2, volume):
    if volume["id"] in target.ids:
        return
    made = target.attempt(
        f"volume {volume['id']}",
        ec2.create_volume,
        AvailabilityZone=volume["zone"],
        Size=volume["gib"],
        Encrypted=volume["encrypted"],
        **present(KmsKeyId=volume.get("key")),
    )
    if not made:
        return
    target.ids[volume["id"]] = made["VolumeId"]
    if "instance" in volume:
        target.attempt(
            f"volume {volume['id']}: attachment",
            ec2.attach_volume,
            VolumeId=made["VolumeId"],
            InstanceId=target.mapped(volume["instance"]),
            Device="/dev/xvdf",
        )
    tag(target, ec2, volume["id"], volume.get("tags"))


def create_flow_log(target, ec2, log):
    of = target.mapped(log["of"])
    kind = {"vpc": "VPC", "subnet": "Subnet", "eni": "NetworkInterface"}[of.split("-")[0]]
    if log["to"].startswith("arn:"):
        to = {"LogDestinationType": "s3", "LogDestination": log["to"]}
    else:
        role = f"arn:aws:iam::{target.account}:role/service/flow-logs"
        to = {"LogGroupName": log["to"], "DeliverLogsPermissionArn": role}
    made = target.attempt(
        f"flow log {log['id']}",
        ec2.create_flow_logs,
        ResourceIds=[of],
        ResourceType=kind,
        TrafficType=log["traffic"],
        **to,
    )
    for theirs in made["FlowLogIds"] if made else []:
        target.ids[log["id"]] = theirs
