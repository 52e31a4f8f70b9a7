//! One packet that is admitted by one list of entries and not by another.

use super::address::{address, public_unicast};
use super::{Family, Intervals, PortRange, Protocol, Towards, Traffic};
use crate::model::WitnessPacket;

/// Ports that people know, to show one of them where it is among the admitted.
const KNOWN_PORTS: &[u16] = &[22, 3389, 443, 80];

/// Echo requests, the same for ICMP and ICMPv6.
const ECHO: &[u16] = &[8, 128];

/// The number of GRE: where every protocol is admitted that no entry names, one of them.
const UNNAMED: u8 = 47;

impl Traffic {
    /// A packet that this admits and `other` does not; `None` exactly when nothing is
    /// [`beyond`](Self::beyond). A public address, a usual protocol and a usual port are taken
    /// where there is a choice.
    #[must_use]
    pub fn packet_beyond(&self, other: &Self, towards: Towards) -> Option<WitnessPacket> {
        let protocols = self.by_usage(other);
        let packet =
            |family: &Family| protocols.iter().find_map(|protocol| self.packet_of(other, protocol, *family, towards));
        Family::ALL.iter().find_map(packet)
    }

    /// The usual protocols, those that entries name, and one that no entry names.
    fn by_usage(&self, other: &Self) -> Vec<Protocol> {
        let mut named: Vec<Protocol> = self.protocols().union(&other.protocols()).cloned().collect();
        let usage = ["tcp", "udp", "icmp", "icmpv6"].map(Protocol::new);
        named.sort_by_key(|protocol| usage.iter().position(|usual| usual == protocol).unwrap_or(usage.len()));
        let numbers = (UNNAMED..=u8::MAX).chain(0..UNNAMED).map(|number| Protocol::new(&number.to_string()));
        let unnamed = numbers.into_iter().find(|number| !named.contains(number));
        named.extend(unnamed);
        named
    }

    fn packet_of(&self, other: &Self, protocol: &Protocol, family: Family, towards: Towards) -> Option<WitnessPacket> {
        let beyond = self.protocol_beyond(other, protocol, family);
        let segments: Vec<&(PortRange, Intervals)> = beyond.iter().filter(|(_, peers)| !peers.is_empty()).collect();
        let usual = usual_ports(protocol).iter().find_map(|port| {
            let holds = |(ports, _): &&&(PortRange, Intervals)| (ports.first..=ports.last).contains(port);
            segments.iter().find(holds).map(|(_, peers)| (*port, peers))
        });
        let (port, peers) = usual.or_else(|| segments.first().map(|(ports, peers)| (ports.first, peers)))?;
        Some(WitnessPacket {
            peer: self.one_of(family, peers)?,
            protocol: protocol.to_string(),
            port: (!usual_ports(protocol).is_empty()).then_some(port),
            outgoing: towards == Towards::Outside,
        })
    }

    /// One of the peers: the first public address, or else the first, or the first name.
    fn one_of(&self, family: Family, peers: &Intervals) -> Option<String> {
        if family == Family::Named {
            return self.names(peers).into_iter().next();
        }
        let public = peers.intersection(public_unicast(family));
        let from = if public.is_empty() { peers } else { &public };
        let (first, last) = from.iter().next()?;
        // The first address of a block looks like the block.
        Some(address(family, if first < last { first + 1 } else { first }).to_string())
    }
}

/// The ports to show first; empty for a protocol that has none.
fn usual_ports(protocol: &Protocol) -> &'static [u16] {
    match protocol {
        Protocol::One(name) if name == "tcp" || name == "udp" => KNOWN_PORTS,
        Protocol::One(name) if name == "icmp" || name == "icmpv6" => ECHO,
        Protocol::One(_) | Protocol::All => &[],
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Entry, Peers, parse_cidr};
    use super::*;
    use crate::model::Pointer;

    fn entry(allow: bool, protocol: &str, ports: Option<(i32, i32)>, peer: &str) -> Entry {
        let protocol = Protocol::new(protocol);
        Entry {
            allow,
            ports: PortRange::of_entry(&protocol, ports.map(|ports| ports.0), ports.map(|ports| ports.1)),
            protocol,
            peers: parse_cidr(peer).unwrap_or_else(|| Peers::named(peer)),
            name: Some(peer.to_owned()),
            because: Pointer::default(),
        }
    }

    /// Whether a packet comes through: the first entry that matches decides.
    fn admits(entries: &[Entry], packet: &WitnessPacket) -> bool {
        let peer = parse_cidr(&packet.peer).unwrap_or_else(|| Peers::named(&packet.peer));
        let about = |entry: &&Entry| {
            let same = matches!(&entry.protocol, Protocol::All)
                || matches!(&entry.protocol, Protocol::One(name) if *name == packet.protocol);
            let ports = packet.port.is_none_or(|port| (entry.ports.first..=entry.ports.last).contains(&port));
            let held = |family: &Family| peer.family(*family).difference(entry.peers.family(*family)).is_empty();
            same && ports && Family::ALL.iter().all(held)
        };
        entries.iter().find(about).is_some_and(|entry| entry.allow)
    }

    fn shown(entries: Vec<Entry>, before: Vec<Entry>) -> String {
        let packet = Traffic(entries).packet_beyond(&Traffic(before), Towards::Inside);
        packet.map_or_else(|| "none".to_owned(), |packet| packet.to_string())
    }

    #[test]
    fn a_packet_is_one_that_people_know() {
        let one = |protocol, ports, peer| entry(true, protocol, ports, peer);
        assert_eq!(shown(vec![one("tcp", Some((0, 1024)), "0.0.0.0/0")], vec![]), "tcp 22 from 1.0.0.1");
        assert_eq!(shown(vec![one("udp", Some((5000, 5010)), "::/0")], vec![]), "udp 5000 from 2001:200::1");
        assert_eq!(shown(vec![one("icmp", None, "10.0.0.0/8")], vec![]), "icmp type 8 from 10.0.0.1");
        assert_eq!(shown(vec![one("all", None, "sg-0b")], vec![]), "tcp 22 from sg-0b");
        assert_eq!(shown(vec![one("50", None, "192.0.2.1/32")], vec![]), "protocol 50 from 192.0.2.1");
        let usual = || ["tcp", "udp", "icmp", "icmpv6"].map(|protocol| one(protocol, None, "0.0.0.0/0")).to_vec();
        assert_eq!(shown(vec![one("all", None, "0.0.0.0/0")], usual()), "protocol 47 from 1.0.0.1");
        assert_eq!(shown(usual(), vec![one("all", None, "0.0.0.0/0")]), "none");
    }

    fn entries() -> impl Strategy<Value = Vec<Entry>> {
        let peers = ["0.0.0.0/0", "0.0.0.0/1", "64.0.0.0/2", "10.0.0.0/8", "10.1.2.3/32", "::/0", "2600::/12", "sg-0b"];
        let parts = (
            prop::bool::weighted(0.8),
            prop::sample::select(vec!["all", "tcp", "udp", "icmp", "47", "50"]),
            prop::option::of((0_i32..30, 0_i32..8)),
            prop::sample::select(peers.to_vec()),
        );
        let entry = parts.prop_map(|(allow, protocol, ports, peer)| {
            entry(allow, protocol, ports.map(|(first, length)| (first, first + length)), peer)
        });
        prop::collection::vec(entry, 0..6)
    }

    proptest! {
        #[test]
        fn a_packet_is_admitted_by_the_one_and_not_by_the_other(one in entries(), other in entries()) {
            let (left, right) = (Traffic(one.clone()), Traffic(other.clone()));
            let packet = left.packet_beyond(&right, Towards::Inside);
            prop_assert_eq!(packet.is_some(), !left.beyond(&right, Towards::Inside).is_empty());
            if let Some(packet) = packet {
                prop_assert!(admits(&one, &packet), "{}", packet);
                prop_assert!(!admits(&other, &packet), "{}", packet);
            }
        }
    }
}
