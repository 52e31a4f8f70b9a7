//! What proves a change of access: one request, or one packet.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One request or one packet that is let through on one side of a change and not on the other.
///
/// In JSON `{"kind": "request", "principal": …}` or `{"kind": "packet", "peer": …}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Witness {
    /// Of a policy.
    Request(WitnessRequest),
    /// Of a security group or network ACL.
    Packet(WitnessPacket),
}

/// A request as people write it down. What stands in `context` is all that the request carries
/// beside the keys that AWS itself fills from principal and resource.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WitnessRequest {
    /// ARN, service or provider; `anyone` for an unsigned request.
    pub principal: String,
    /// `s3:GetObject`.
    pub action: String,
    /// ARN; `*` for an action without resource.
    pub resource: String,
    /// Condition key to its value; several values are joined with commas.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub context: BTreeMap<String, String>,
}

/// One packet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WitnessPacket {
    /// Address it comes from or goes to; the id of a security group or prefix list that is known
    /// by name only.
    pub peer: String,
    /// `tcp`, `udp`, `icmp`, `icmpv6`, or the protocol's number.
    pub protocol: String,
    /// Port for TCP and UDP, type for ICMP; absent for other protocols.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// Whether it goes out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub outgoing: bool,
}

impl std::fmt::Display for WitnessPacket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { peer, protocol, port, outgoing } = self;
        let direction = if *outgoing { "to" } else { "from" };
        match port {
            Some(kind) if protocol.starts_with("icmp") => write!(f, "{protocol} type {kind} {direction} {peer}"),
            Some(port) => write!(f, "{protocol} {port} {direction} {peer}"),
            None if protocol.bytes().all(|byte| byte.is_ascii_digit()) => {
                write!(f, "protocol {protocol} {direction} {peer}")
            }
            None => write!(f, "{protocol} {direction} {peer}"),
        }
    }
}

impl Witness {
    /// The witness in a sentence: `arn:… may now s3:GetObject on arn:…`. `gained` says whether it
    /// is let through after the change or was before.
    #[must_use]
    pub fn sentence(&self, gained: bool) -> String {
        let may = if gained { "may now" } else { "may no longer" };
        match self {
            Self::Request(WitnessRequest { principal, action, resource, context }) => {
                let target = if resource == "*" { String::new() } else { format!(" on {resource}") };
                let keys: Vec<String> = context.iter().map(|(key, value)| format!("{key} {value}")).collect();
                let with = if keys.is_empty() { "" } else { " with " };
                format!("{principal} {may} {action}{target}{with}{}", keys.join(", "))
            }
            Self::Packet(packet) => {
                let comes = if packet.outgoing { "leave" } else { "come in" };
                format!("{packet} {may} {comes}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(context: &[(&str, &str)]) -> Witness {
        let context = context.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let (principal, action) = ("anyone".to_owned(), "s3:GetObject".to_owned());
        Witness::Request(WitnessRequest { principal, action, resource: "arn:aws:s3:::b/x".to_owned(), context })
    }

    fn packet(protocol: &str, port: Option<u16>, outgoing: bool) -> Witness {
        let (peer, protocol) = ("1.0.0.1".to_owned(), protocol.to_owned());
        Witness::Packet(WitnessPacket { peer, protocol, port, outgoing })
    }

    #[test]
    fn a_witness_is_a_sentence() {
        assert_eq!(request(&[]).sentence(true), "anyone may now s3:GetObject on arn:aws:s3:::b/x");
        assert_eq!(
            request(&[("aws:sourceip", "192.0.2.1"), ("aws:sourcevpc", "vpc-1")]).sentence(false),
            "anyone may no longer s3:GetObject on arn:aws:s3:::b/x with aws:sourceip 192.0.2.1, aws:sourcevpc vpc-1"
        );
        assert_eq!(packet("tcp", Some(22), false).sentence(true), "tcp 22 from 1.0.0.1 may now come in");
        assert_eq!(packet("icmp", Some(8), true).sentence(false), "icmp type 8 to 1.0.0.1 may no longer leave");
        assert_eq!(packet("47", None, false).sentence(true), "protocol 47 from 1.0.0.1 may now come in");
    }

    #[test]
    fn a_witness_reads_back_from_json() {
        for witness in [request(&[("aws:sourceip", "192.0.2.1")]), packet("tcp", Some(22), true)] {
            let text = serde_json::to_string(&witness).unwrap();
            assert_eq!(serde_json::from_str::<Witness>(&text).unwrap(), witness, "{text}");
        }
        let text = serde_json::to_string(&packet("tcp", Some(22), false)).unwrap();
        assert_eq!(text, r#"{"kind":"packet","peer":"1.0.0.1","protocol":"tcp","port":22}"#);
    }
}
