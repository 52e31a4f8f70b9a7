"""What stands between networks: addresses, gateways, routes, endpoints, peerings and VPNs."""

import json

from target import present, tag, tag_list

# What AWS gives to an endpoint to which no policy was given; moto gives an older form of it.
FULL_ACCESS = {"Statement": [{"Action": "*", "Effect": "Allow", "Principal": "*", "Resource": "*"}]}


def create_gateways(target, name, region):
    ec2 = target.client("ec2", name)
    network = region.get("network", {})
    associate_addresses(target, ec2, network)
    for gateway in network.get("internet_gateways", []):
        create_internet_gateway(target, ec2, gateway)
    for gateway in network.get("vpn_gateways", []):
        create_vpn_gateway(target, ec2, gateway)
    for gateway in network.get("customer_gateways", []):
        create_customer_gateway(target, ec2, gateway)
    for vpn in network.get("vpn_connections", []):
        create_vpn_connection(target, ec2, vpn)
    for gateway in network.get("transit_gateways", []):
        create_transit_gateway(target, ec2, gateway)
    for service in network.get("endpoint_services", []):
        create_endpoint_service(target, ec2, name, region, service)


def create_addresses(target, ec2, network):
    for address in network.get("addresses", []):
        made = target.attempt(
            f"address {address['id']}", ec2.allocate_address, Domain="vpc", Address=address["address"]
        )
        if made:
            target.ids[address["id"]] = made["AllocationId"]
            tag(target, ec2, address["id"], address.get("tags"))


def create_nat_gateways(target, ec2, network):
    """Each brings an interface of its own: that of the estate which has the gateway's address."""
    interfaces = {address["id"]: address.get("interface") for address in network.get("addresses", [])}
    for gateway in network.get("nat_gateways", []):
        theirs = create_nat_gateway(target, ec2, gateway)
        interface = interfaces.get(gateway.get("address"))
        if theirs and interface:
            interface_id = theirs["NatGatewayAddresses"][0]["NetworkInterfaceId"]
            target.ids[interface] = interface_id
            # It forwards what it gets, which moto does not see to.
            target.attempt(
                f"interface {interface}",
                ec2.modify_network_interface_attribute,
                NetworkInterfaceId=interface_id,
                SourceDestCheck={"Value": False},
            )


def create_nat_gateway(target, ec2, gateway):
    address = gateway.get("address")
    made = target.attempt(
        f"NAT gateway {gateway['id']}",
        ec2.create_nat_gateway,
        SubnetId=target.mapped(gateway["subnet"]),
        ConnectivityType="public" if address else "private",
        **present(AllocationId=target.mapped(address)),
    )
    if not made:
        return None
    target.ids[gateway["id"]] = made["NatGateway"]["NatGatewayId"]
    tag(target, ec2, gateway["id"], gateway.get("tags"))
    return made["NatGateway"]


def associate_addresses(target, ec2, network):
    of_gateways = {gateway.get("address") for gateway in network.get("nat_gateways", [])}
    for address in network.get("addresses", []):
        if address["id"] in of_gateways:
            continue
        if "instance" in address:
            to = {"InstanceId": target.mapped(address["instance"])}
        elif "interface" in address:
            to = {"NetworkInterfaceId": target.mapped(address["interface"])}
        else:
            continue
        allocation = target.mapped(address["id"])
        target.attempt(f"address {address['id']}", ec2.associate_address, AllocationId=allocation, **to)


def create_internet_gateway(target, ec2, gateway):
    made = target.attempt(f"internet gateway {gateway['id']}", ec2.create_internet_gateway)
    if not made:
        return
    theirs = made["InternetGateway"]["InternetGatewayId"]
    target.ids[gateway["id"]] = theirs
    if "vpc" in gateway:
        target.attempt(
            f"internet gateway {gateway['id']}: attachment",
            ec2.attach_internet_gateway,
            InternetGatewayId=theirs,
            VpcId=target.mapped(gateway["vpc"]),
        )
    tag(target, ec2, gateway["id"], gateway.get("tags"))


def create_vpn_gateway(target, ec2, gateway):
    made = target.attempt(f"VPN gateway {gateway['id']}", ec2.create_vpn_gateway, Type="ipsec.1")
    if not made:
        return
    theirs = made["VpnGateway"]["VpnGatewayId"]
    target.ids[gateway["id"]] = theirs
    if "vpc" in gateway:
        vpc = target.mapped(gateway["vpc"])
        what = f"VPN gateway {gateway['id']}: attachment"
        target.attempt(what, ec2.attach_vpn_gateway, VpnGatewayId=theirs, VpcId=vpc)
    tag(target, ec2, gateway["id"], gateway.get("tags"))


def create_customer_gateway(target, ec2, gateway):
    made = target.attempt(
        f"customer gateway {gateway['id']}",
        ec2.create_customer_gateway,
        Type="ipsec.1",
        IpAddress=gateway["address"],
        BgpAsn=65000,
    )
    if made:
        target.ids[gateway["id"]] = made["CustomerGateway"]["CustomerGatewayId"]
        tag(target, ec2, gateway["id"], gateway.get("tags"))


def create_vpn_connection(target, ec2, vpn):
    ends = {"vpn_gateway": "VpnGatewayId", "transit_gateway": "TransitGatewayId"}
    end = {name: target.mapped(vpn[ours]) for ours, name in ends.items() if ours in vpn}
    tunnels = [{"IKEVersions": [{"Value": version} for version in one["ike"]]} for one in vpn["tunnels"]]
    made = target.attempt(
        f"VPN connection {vpn['id']}",
        ec2.create_vpn_connection,
        Type="ipsec.1",
        CustomerGatewayId=target.mapped(vpn["customer_gateway"]),
        Options={"TunnelOptions": tunnels},
        **end,
    )
    if made:
        target.ids[vpn["id"]] = made["VpnConnection"]["VpnConnectionId"]
        tag(target, ec2, vpn["id"], vpn.get("tags"))


def create_transit_gateway(target, ec2, gateway):
    options = {"AutoAcceptSharedAttachments": "enable" if gateway.get("auto_accept") else "disable"}
    made = target.attempt(f"transit gateway {gateway['id']}", ec2.create_transit_gateway, Options=options)
    if made:
        target.ids[gateway["id"]] = made["TransitGateway"]["TransitGatewayId"]
        tag(target, ec2, gateway["id"], gateway.get("tags"))


def create_endpoint_service(target, ec2, name, region, service):
    for balancer in service["balancers"]:
        create_balancer(target, name, region, balancer)
    made = target.attempt(
        f"endpoint service {service['id']}",
        ec2.create_vpc_endpoint_service_configuration,
        AcceptanceRequired=service.get("acceptance_required", False),
        NetworkLoadBalancerArns=[target.mapped(balancer) for balancer in service["balancers"]],
    )
    if not made:
        return
    theirs = made["ServiceConfiguration"]["ServiceId"]
    target.ids[service["id"]] = theirs
    target.attempt(
        f"endpoint service {service['id']}: permissions",
        ec2.modify_vpc_endpoint_service_permissions,
        ServiceId=theirs,
        AddAllowedPrincipals=service["allowed"],
    )
    tag(target, ec2, service["id"], service.get("tags"))


def create_balancer(target, name, region, arn):
    """Balancers are no resources of the estate; any subnet will do."""
    made = target.attempt(
        f"balancer {arn}",
        target.client("elbv2", name).create_load_balancer,
        Name=arn.split("/")[-2],
        Type="network",
        Subnets=[target.mapped(region["subnets"][0]["id"])],
    )
    if made:
        target.ids[arn] = made["LoadBalancers"][0]["LoadBalancerArn"]


def create_peerings(target, regions):
    """Both regions show a connection between them; the one that asks makes it."""
    for name, region in regions.items():
        for peering in region.get("network", {}).get("peerings", []):
            requester, accepter = peering["requester"], peering["accepter"]
            if requester.get("region", name) == name:
                create_peering(target, name, peering, requester, accepter)
    for name, region in regions.items():
        for peering in region.get("network", {}).get("peerings", []):
            tag(target, target.client("ec2", name), peering["id"], peering.get("tags"))


def create_peering(target, name, peering, requester, accepter):
    what = f"peering {peering['id']}"
    there = accepter.get("region", name)
    made = target.attempt(
        what,
        target.client("ec2", name).create_vpc_peering_connection,
        VpcId=target.mapped(requester["vpc"]),
        PeerVpcId=target.mapped(accepter["vpc"]),
        PeerRegion=there,
    )
    if made:
        theirs = made["VpcPeeringConnection"]["VpcPeeringConnectionId"]
        target.ids[peering["id"]] = theirs
        accept = target.client("ec2", there).accept_vpc_peering_connection
        target.attempt(f"{what}: consent", accept, VpcPeeringConnectionId=theirs)


def create_routes(target, name, region):
    """Routes name all sorts of gateways, and gateway endpoints the tables."""
    ec2 = target.client("ec2", name)
    network = region.get("network", {})
    for table in network.get("route_tables", []):
        create_route_table(target, ec2, table)
    for endpoint in network.get("endpoints", []):
        create_endpoint(target, ec2, endpoint)
    for table in network.get("route_tables", []):
        for route in table.get("routes", []):
            create_route(target, ec2, table, route)


def create_route_table(target, ec2, table):
    vpc = target.mapped(table["vpc"])
    if table.get("main"):
        filters = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "association.main", "Values": ["true"]}]
        theirs = ec2.describe_route_tables(Filters=filters)["RouteTables"][0]["RouteTableId"]
    else:
        made = target.attempt(f"route table {table['id']}", ec2.create_route_table, VpcId=vpc)
        theirs = made["RouteTable"]["RouteTableId"]
    target.ids[table["id"]] = theirs
    for subnet in table.get("subnets", []):
        target.attempt(
            f"route table {table['id']}: {subnet}",
            ec2.associate_route_table,
            RouteTableId=theirs,
            SubnetId=target.mapped(subnet),
        )
    tag(target, ec2, table["id"], table.get("tags"))


def create_route(target, ec2, table, route):
    to, via = route["to"], route["via"]
    what = f"route table {table['id']}: {to}"
    gone = None
    if via.startswith("vpce-"):
        # The endpoint itself made it.
        return
    if via.startswith("nat-") and via not in target.ids:
        # Its gateway is gone: it was there when the route was made.
        gone = create_nat_gateway(target, ec2, {"id": via, "subnet": table["subnets"][0]})
    targets = {"nat": "NatGatewayId", "pcx": "VpcPeeringConnectionId", "tgw": "TransitGatewayId"}
    names = {targets.get(via.split("-")[0], "GatewayId"): target.mapped(via)}
    names["DestinationIpv6CidrBlock" if ":" in to else "DestinationCidrBlock"] = to
    target.attempt(what, ec2.create_route, RouteTableId=target.mapped(table["id"]), **names)
    if gone:
        target.attempt(what, ec2.delete_nat_gateway, NatGatewayId=gone["NatGatewayId"])
        # In moto the interface outlives the gateway.
        interface = gone["NatGatewayAddresses"][0]["NetworkInterfaceId"]
        target.attempt(what, ec2.delete_network_interface, NetworkInterfaceId=interface)


def create_endpoint(target, ec2, endpoint):
    lists = {"route_tables": "RouteTableIds", "subnets": "SubnetIds", "groups": "SecurityGroupIds"}
    parts = {name: [target.mapped(one) for one in endpoint[ours]] for ours, name in lists.items() if ours in endpoint}
    made = target.attempt(
        f"endpoint {endpoint['id']}",
        ec2.create_vpc_endpoint,
        VpcId=target.mapped(endpoint["vpc"]),
        ServiceName=endpoint["service"],
        VpcEndpointType=endpoint["kind"],
        PolicyDocument=json.dumps(endpoint.get("policy", FULL_ACCESS)),
        PrivateDnsEnabled=endpoint.get("private_dns", False),
        TagSpecifications=[{"ResourceType": "vpc-endpoint", "Tags": tag_list(endpoint.get("tags", {}))}],
        **parts,
    )
    if made:
        target.ids[endpoint["id"]] = made["VpcEndpoint"]["VpcEndpointId"]
