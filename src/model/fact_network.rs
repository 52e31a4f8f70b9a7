//! Facts of what stands between networks.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Fact, Grantee, Pointer};

/// Somebody from outside the account who is let in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Outsider {
    /// What kind of caller.
    pub who: Grantee,
    /// Account id, ARN, organization or provider; `*` for everyone.
    pub name: String,
    /// The account, when it is one account's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// What lets it in.
    pub because: Vec<Pointer>,
}

/// Facts of a VPC endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VpcEndpointFacts {
    /// Whose credentials from outside the account the policy lets through, sorted: principals that
    /// Allow statements name or leave open, after explicit denies. AWS services are left aside, and
    /// so is the network a request comes from, which is the VPC's own.
    pub outsiders: Fact<Vec<Outsider>>,
    /// Availability zones of its subnets, sorted; unknown while there may be more than the one
    /// that is known.
    pub zones: Fact<Vec<String>>,
}

/// Facts of an endpoint service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VpcEndpointServiceFacts {
    /// Who from outside the account may ask for a connection, sorted.
    pub outsiders: Fact<Vec<Outsider>>,
}

/// Facts of a peering connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VpcPeeringConnectionFacts {
    /// Route tables of this account and region whose routes through the connection together take
    /// in a whole range of the other VPC, or more, sorted.
    pub wide_routes: Fact<Vec<WideRoute>>,
}

/// Routes that lead to the whole of a peer's range.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct WideRoute {
    /// Route table id.
    pub route_table: String,
    /// The range of the other VPC.
    pub range: String,
    /// Destinations that together take it in, sorted.
    pub destinations: Vec<String>,
}
