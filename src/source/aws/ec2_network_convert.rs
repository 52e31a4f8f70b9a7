//! What stands between networks, as resources of the model.
//!
//! AWS shows what was deleted, rejected or has expired for a while longer: that is no resource.

use aws_sdk_ec2::types as sdk;

use super::ec2_convert::Convert;
use super::{filled, read_policy, sorted};
use crate::model::{
    Address, ClientVpnEndpoint, CustomerGateway, DhcpOptions, InternetGateway, NatGateway, NatGatewayObserved,
    PeeringSide, Pointer, Resource, Route, RouteTable, TrafficMirrorFilter, TrafficMirrorSession, TrafficMirrorTarget,
    TransitGateway, TransitGatewayAttachment, TransitGatewayRouteTable, TunnelStatus, VpcEndpoint, VpcEndpointService,
    VpcPeeringConnection, VpnConnection, VpnGateway, VpnObserved, VpnTunnel,
};

/// Whether a thing is gone although it is still shown.
fn is_gone(state: Option<&str>) -> bool {
    state.is_some_and(|state| ["deleted", "deleting"].contains(&state))
}

/// Whether nothing came of a connection that needs consent: AWS forgets it by itself.
fn has_lapsed(state: Option<&str>) -> bool {
    is_gone(state) || state.is_some_and(|state| ["rejected", "expired", "failed"].contains(&state))
}

fn ids<'a>(list: impl IntoIterator<Item = &'a String>) -> Vec<String> {
    sorted(list.into_iter().cloned())
}

impl Convert<'_> {
    /// `None` for an address without allocation, as only EC2-Classic had.
    pub(super) fn address(&self, address: &sdk::Address) -> Option<Resource> {
        let id = address.allocation_id()?;
        let configuration = Address {
            allocation_id: id.to_owned(),
            public_ip: filled(address.public_ip()),
            association_id: filled(address.association_id()),
            network_interface_id: filled(address.network_interface_id()),
            instance_id: filled(address.instance_id()),
        };
        Some(self.resource(self.arn("elastic-ip", id), id, address.tags(), configuration))
    }

    pub(super) fn route_table(&self, table: &sdk::RouteTable) -> Resource {
        let id = table.route_table_id().unwrap_or_default();
        let associations = table.associations();
        let subnets = associations.iter().filter_map(|association| filled(association.subnet_id()));
        let configuration = RouteTable {
            vpc_id: filled(table.vpc_id()),
            main: associations.iter().any(|association| association.main() == Some(true)),
            subnet_ids: sorted(subnets),
            routes: sorted(table.routes().iter().map(route)),
        };
        self.resource(self.arn("route-table", id), id, table.tags(), configuration)
    }

    pub(super) fn internet_gateway(&self, gateway: &sdk::InternetGateway) -> Resource {
        let id = gateway.internet_gateway_id().unwrap_or_default();
        let vpc_ids = sorted(gateway.attachments().iter().filter_map(|attachment| filled(attachment.vpc_id())));
        self.resource(self.arn("internet-gateway", id), id, gateway.tags(), InternetGateway { vpc_ids })
    }

    /// A gateway that failed is still one: routes lead to it.
    pub(super) fn nat_gateway(&self, gateway: &sdk::NatGateway) -> Option<Resource> {
        let state = gateway.state().map(sdk::NatGatewayState::as_str);
        if state == Some("deleted") {
            return None;
        }
        let id = gateway.nat_gateway_id().unwrap_or_default();
        let configuration = NatGateway {
            vpc_id: filled(gateway.vpc_id()),
            subnet_id: filled(gateway.subnet_id()),
            connectivity_type: gateway.connectivity_type().map(|kind| kind.as_str().to_owned()),
            observed: Some(NatGatewayObserved { state: filled(state), failure: filled(gateway.failure_message()) }),
        };
        Some(self.resource(self.arn("natgateway", id), id, gateway.tags(), configuration))
    }

    pub(super) fn peering(&self, peering: &sdk::VpcPeeringConnection) -> Option<Resource> {
        let status =
            peering.status().and_then(|status| status.code()).map(sdk::VpcPeeringConnectionStateReasonCode::as_str);
        if has_lapsed(status) {
            return None;
        }
        let id = peering.vpc_peering_connection_id().unwrap_or_default();
        let configuration = VpcPeeringConnection {
            status: status.unwrap_or_default().to_owned(),
            requester: peering.requester_vpc_info().map(peering_side).unwrap_or_default(),
            accepter: peering.accepter_vpc_info().map(peering_side).unwrap_or_default(),
        };
        let sides = [("requester", &configuration.requester), ("accepter", &configuration.accepter)];
        let untold = sides.into_iter().filter(|(_, side)| side.cidr_blocks.is_empty());
        let untold: Vec<Pointer> = untold.map(|(name, _)| Pointer::configuration(name).child("cidr_blocks")).collect();
        let mut resource = self.resource(self.arn("vpc-peering-connection", id), id, peering.tags(), configuration);
        // The other side's ranges are told once it has accepted.
        for place in untold {
            let why = "AWS tells no ranges of this side; those of the accepter only once it has accepted";
            resource.origin.unknown_because.insert(place.clone(), why.to_owned());
            resource.mark_unknown(place);
        }
        Some(resource)
    }

    /// The endpoint, and why its policy cannot be understood, if so.
    pub(super) fn endpoint(&self, endpoint: &sdk::VpcEndpoint) -> Option<(Resource, Option<String>)> {
        // The documentation writes `PendingAcceptance`, the service `pendingAcceptance`.
        let state = endpoint.state().map(|state| state.as_str().to_ascii_lowercase()).unwrap_or_default();
        if is_gone(Some(&state)) {
            return None;
        }
        let id = endpoint.vpc_endpoint_id().unwrap_or_default();
        let configuration = VpcEndpoint {
            vpc_id: filled(endpoint.vpc_id()),
            service_name: endpoint.service_name().unwrap_or_default().to_owned(),
            endpoint_type: endpoint.vpc_endpoint_type().map_or("Gateway", |kind| kind.as_str()).to_owned(),
            state,
            subnet_ids: ids(endpoint.subnet_ids()),
            route_table_ids: ids(endpoint.route_table_ids()),
            security_groups: sorted(endpoint.groups().iter().filter_map(|group| filled(group.group_id()))),
            private_dns_enabled: endpoint.private_dns_enabled(),
            policy: None,
        };
        let mut resource = self.resource(self.arn("vpc-endpoint", id), id, endpoint.tags(), VpcEndpoint::default());
        let (policy, wrong) = match filled(endpoint.policy_document()) {
            None => (None, None),
            Some(text) => match read_policy(&mut resource, &Pointer::configuration("policy"), &text) {
                Ok(policy) => (Some(policy), None),
                Err(why) => (None, Some(why)),
            },
        };
        resource.configuration = VpcEndpoint { policy, ..configuration }.into();
        Some((resource, wrong))
    }

    /// An endpoint service of the account's own; without `allowed` who may use it is not known.
    pub(super) fn endpoint_service(
        &self,
        service: &sdk::ServiceConfiguration,
        allowed: Option<&[sdk::AllowedPrincipal]>,
    ) -> Option<Resource> {
        let state = service.service_state().map(|state| state.as_str().to_ascii_lowercase());
        if is_gone(state.as_deref()) {
            return None;
        }
        let id = service.service_id().unwrap_or_default();
        let balancers = service.network_load_balancer_arns().iter().chain(service.gateway_load_balancer_arns());
        let configuration = VpcEndpointService {
            service_name: service.service_name().unwrap_or_default().to_owned(),
            acceptance_required: service.acceptance_required(),
            allowed_principals: allowed
                .map(|allowed| sorted(allowed.iter().filter_map(|principal| filled(principal.principal())))),
            load_balancer_arns: ids(balancers),
            private_dns_name: filled(service.private_dns_name()),
        };
        Some(self.resource(self.arn("vpc-endpoint-service", id), id, service.tags(), configuration))
    }

    /// `None` for those that other accounts share, too: they are read there.
    pub(super) fn transit_gateway(&self, gateway: &sdk::TransitGateway) -> Option<Resource> {
        let foreign = gateway.owner_id().is_some_and(|owner| owner != self.session.account.as_str());
        if foreign || is_gone(gateway.state().map(sdk::TransitGatewayState::as_str)) {
            return None;
        }
        let id = gateway.transit_gateway_id().unwrap_or_default();
        let options = gateway.options();
        let enabled = |value: &str| value == "enable";
        let configuration = TransitGateway {
            auto_accept_shared_attachments: options
                .and_then(|options| options.auto_accept_shared_attachments())
                .map(|value| enabled(value.as_str())),
            default_route_table_association: options
                .and_then(|options| options.default_route_table_association())
                .map(|value| enabled(value.as_str())),
            default_route_table_propagation: options
                .and_then(|options| options.default_route_table_propagation())
                .map(|value| enabled(value.as_str())),
        };
        let path = format!("transit-gateway/{id}");
        let arn = self.session.given_arn(gateway.transit_gateway_arn(), "ec2", self.region.as_str(), &path);
        Some(self.resource(arn, id, gateway.tags(), configuration))
    }

    /// The keys of the tunnels, which AWS tells as well, are left behind here.
    pub(super) fn vpn_connection(&self, vpn: &sdk::VpnConnection) -> Option<Resource> {
        if is_gone(vpn.state().map(sdk::VpnState::as_str)) {
            return None;
        }
        let id = vpn.vpn_connection_id().unwrap_or_default();
        let tunnels = vpn.options().map(sdk::VpnConnectionOptions::tunnel_options).unwrap_or_default();
        let status = vpn.vgw_telemetry().iter().map(|tunnel| TunnelStatus {
            outside_ip: tunnel.outside_ip_address().unwrap_or_default().to_owned(),
            up: tunnel.status() == Some(&sdk::TelemetryStatus::Up),
        });
        let configuration = VpnConnection {
            customer_gateway_id: filled(vpn.customer_gateway_id()),
            vpn_gateway_id: filled(vpn.vpn_gateway_id()),
            transit_gateway_id: filled(vpn.transit_gateway_id()),
            tunnels: sorted(tunnels.iter().map(tunnel)),
            observed: Some(VpnObserved { tunnels: sorted(status) }),
        };
        let empty = [("tunnels", configuration.tunnels.is_empty()), ("observed", vpn.vgw_telemetry().is_empty())];
        let mut resource = self.resource(self.arn("vpn-connection", id), id, vpn.tags(), configuration);
        // Every connection has two tunnels: none told of are some not told of.
        for (place, _) in empty.into_iter().filter(|(_, empty)| *empty) {
            resource.mark_unknown(Pointer::configuration(place));
        }
        Some(resource)
    }

    pub(super) fn client_vpn(&self, vpn: &sdk::ClientVpnEndpoint) -> Option<Resource> {
        if is_gone(vpn.status().and_then(|status| status.code()).map(sdk::ClientVpnEndpointStatusCode::as_str)) {
            return None;
        }
        let id = vpn.client_vpn_endpoint_id().unwrap_or_default();
        let authentication = vpn.authentication_options().iter().filter_map(|option| option.r#type());
        let configuration = ClientVpnEndpoint {
            vpc_id: filled(vpn.vpc_id()),
            authentication: sorted(authentication.map(|kind| kind.as_str().to_owned())),
            connection_log_enabled: vpn.connection_log_options().and_then(sdk::ConnectionLogResponseOptions::enabled),
            security_groups: ids(vpn.security_group_ids()),
            split_tunnel: vpn.split_tunnel(),
        };
        let name = filled(vpn.description());
        let resource = self.resource(self.arn("client-vpn-endpoint", id), id, vpn.tags(), configuration);
        // One without a name is known by its description.
        Some(match name {
            Some(name) if resource.name == id => Resource { name, ..resource },
            _ => resource,
        })
    }

    pub(super) fn customer_gateway(&self, gateway: &sdk::CustomerGateway) -> Option<Resource> {
        if is_gone(gateway.state()) {
            return None;
        }
        let id = gateway.customer_gateway_id().unwrap_or_default();
        let configuration = CustomerGateway { ip_address: filled(gateway.ip_address()) };
        Some(self.resource(self.arn("customer-gateway", id), id, gateway.tags(), configuration))
    }

    pub(super) fn vpn_gateway(&self, gateway: &sdk::VpnGateway) -> Option<Resource> {
        if is_gone(gateway.state().map(sdk::VpnState::as_str)) {
            return None;
        }
        let id = gateway.vpn_gateway_id().unwrap_or_default();
        let attached = gateway
            .vpc_attachments()
            .iter()
            .filter(|attachment| attachment.state() != Some(&sdk::AttachmentStatus::Detached));
        let vpc_ids = sorted(attached.filter_map(|attachment| filled(attachment.vpc_id())));
        Some(self.resource(self.arn("vpn-gateway", id), id, gateway.tags(), VpnGateway { vpc_ids }))
    }

    pub(super) fn dhcp_options(&self, options: &sdk::DhcpOptions) -> Resource {
        let id = options.dhcp_options_id().unwrap_or_default();
        let values =
            |one: &sdk::DhcpConfiguration| one.values().iter().filter_map(|value| filled(value.value())).collect();
        let by_key = options.dhcp_configurations().iter().filter_map(|one| Some((filled(one.key())?, values(one))));
        let configuration = DhcpOptions { options: by_key.collect() };
        self.resource(self.arn("dhcp-options", id), id, options.tags(), configuration)
    }

    pub(super) fn attachment(&self, attachment: &sdk::TransitGatewayAttachment) -> Option<Resource> {
        if has_lapsed(attachment.state().map(sdk::TransitGatewayAttachmentState::as_str)) {
            return None;
        }
        let id = attachment.transit_gateway_attachment_id().unwrap_or_default();
        let configuration = TransitGatewayAttachment {
            transit_gateway_id: filled(attachment.transit_gateway_id()),
            attached_type: attachment.resource_type().map(|kind| kind.as_str().to_owned()),
            attached_id: filled(attachment.resource_id()),
            attached_account: filled(attachment.resource_owner_id()),
        };
        Some(self.resource(self.arn("transit-gateway-attachment", id), id, attachment.tags(), configuration))
    }

    pub(super) fn gateway_route_table(&self, table: &sdk::TransitGatewayRouteTable) -> Option<Resource> {
        if is_gone(table.state().map(sdk::TransitGatewayRouteTableState::as_str)) {
            return None;
        }
        let id = table.transit_gateway_route_table_id().unwrap_or_default();
        let configuration = TransitGatewayRouteTable { transit_gateway_id: filled(table.transit_gateway_id()) };
        Some(self.resource(self.arn("transit-gateway-route-table", id), id, table.tags(), configuration))
    }

    pub(super) fn mirror_filter(&self, filter: &sdk::TrafficMirrorFilter) -> Resource {
        let id = filter.traffic_mirror_filter_id().unwrap_or_default();
        let configuration = TrafficMirrorFilter { description: filled(filter.description()) };
        self.resource(self.arn("traffic-mirror-filter", id), id, filter.tags(), configuration)
    }

    pub(super) fn mirror_session(&self, session: &sdk::TrafficMirrorSession) -> Resource {
        let id = session.traffic_mirror_session_id().unwrap_or_default();
        let configuration = TrafficMirrorSession {
            network_interface_id: filled(session.network_interface_id()),
            target_id: filled(session.traffic_mirror_target_id()),
            filter_id: filled(session.traffic_mirror_filter_id()),
        };
        self.resource(self.arn("traffic-mirror-session", id), id, session.tags(), configuration)
    }

    pub(super) fn mirror_target(&self, target: &sdk::TrafficMirrorTarget) -> Resource {
        let id = target.traffic_mirror_target_id().unwrap_or_default();
        let configuration = TrafficMirrorTarget {
            network_interface_id: filled(target.network_interface_id()),
            load_balancer_arn: filled(target.network_load_balancer_arn()),
            endpoint_id: filled(target.gateway_load_balancer_endpoint_id()),
        };
        self.resource(self.arn("traffic-mirror-target", id), id, target.tags(), configuration)
    }
}

fn route(route: &sdk::Route) -> Route {
    let destinations =
        [route.destination_cidr_block(), route.destination_ipv6_cidr_block(), route.destination_prefix_list_id()];
    // A route to an instance names its interface as well.
    let targets = [
        route.gateway_id(),
        route.nat_gateway_id(),
        route.transit_gateway_id(),
        route.vpc_peering_connection_id(),
        route.egress_only_internet_gateway_id(),
        route.instance_id(),
        route.network_interface_id(),
        route.local_gateway_id(),
        route.carrier_gateway_id(),
        route.core_network_arn(),
        route.odb_network_arn(),
    ];
    Route {
        destination: destinations.into_iter().find_map(filled).unwrap_or_default(),
        target: targets.into_iter().find_map(filled),
        state: route.state().map(|state| state.as_str().to_owned()),
    }
}

fn peering_side(side: &sdk::VpcPeeringConnectionVpcInfo) -> PeeringSide {
    let ipv4 = side.cidr_block_set().iter().filter_map(|block| filled(block.cidr_block()));
    let ipv6 = side.ipv6_cidr_block_set().iter().filter_map(|block| filled(block.ipv6_cidr_block()));
    let mut cidr_blocks = sorted(ipv4.chain(ipv6).chain(filled(side.cidr_block())));
    cidr_blocks.dedup();
    PeeringSide {
        vpc_id: filled(side.vpc_id()),
        account: filled(side.owner_id()),
        region: filled(side.region()),
        cidr_blocks,
    }
}

/// AWS names the versions of IKE only where somebody chose them.
fn tunnel(tunnel: &sdk::TunnelOption) -> VpnTunnel {
    let chosen = sorted(tunnel.ike_versions().iter().filter_map(|version| filled(version.value())));
    let logs = tunnel.log_options().and_then(|options| options.cloud_watch_log_options());
    VpnTunnel {
        outside_ip: filled(tunnel.outside_ip_address()),
        ike_versions: if chosen.is_empty() { vec!["ikev1".to_owned(), "ikev2".to_owned()] } else { chosen },
        log_enabled: Some(logs.and_then(sdk::CloudWatchLogOptions::log_enabled).unwrap_or_default()),
    }
}
