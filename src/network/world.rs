//! What the world may send: through one list of entries, or through several in a row.

use std::collections::BTreeSet;

use super::address::public_unicast;
use super::traffic::Segment;
use super::{Family, Intervals, PortRange, Protocol, Traffic, is_world};
use crate::model::{Pointer, Reach};

impl Traffic {
    /// What the world may send, or be sent: maximal port ranges on which the united addresses of
    /// a family are the world (see [`is_world`]), sorted.
    ///
    /// `all` stands alone: where it is open, no other protocol is listed for that family.
    #[must_use]
    pub fn world(&self) -> Vec<Reach> {
        world_through(&[self])
    }

    /// The most public addresses of a family that are admitted on any port, short of the world, and
    /// on which ports. `None` when there are none.
    #[must_use]
    pub fn widest_public(&self, family: Family) -> Option<Widest> {
        let public = public_unicast(family);
        let mut most = 0;
        let mut widest: Option<Widest> = None;
        for protocol in self.protocols().into_iter().chain([Protocol::All]) {
            for segment in self.segments(&protocol, family, &self.cuts(&protocol)) {
                let admitted = segment.admitted.intersection(public);
                let size = admitted.size();
                if size > most && !is_world(family, &admitted) {
                    most = size;
                    let addresses = u64::try_from(size.div_ceil(unit(family))).unwrap_or(u64::MAX);
                    let because = holders(&segment, &admitted);
                    widest = Some(Widest { addresses, protocol: protocol.clone(), ports: segment.ports, because });
                }
            }
        }
        widest
    }
}

/// How many addresses count as one: IPv6 is given out in networks of /48, one for a site, which
/// are the smallest that the internet routes.
const fn unit(family: Family) -> u128 {
    match family {
        Family::Ipv6 => 1 << 80,
        Family::Ipv4 | Family::Named => 1,
    }
}

/// A range of ports and how many public addresses it is open to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Widest {
    /// How many; of IPv6, how many networks of /48, the last one counted whole.
    pub addresses: u64,
    /// Protocol.
    pub protocol: Protocol,
    /// Ports.
    pub ports: PortRange,
    /// The entries that admit them.
    pub because: Vec<Pointer>,
}

/// What the world may send through all of the lists, one after the other: only what each of them
/// admits from an address comes through from it. The form is that of [`Traffic::world`].
#[must_use]
pub fn world_through(gates: &[&Traffic]) -> Vec<Reach> {
    let mut reaches: Vec<Reach> =
        [Family::Ipv4, Family::Ipv6].into_iter().flat_map(|family| family_world(gates, family)).collect();
    reaches.sort();
    reaches
}

fn family_world(gates: &[&Traffic], family: Family) -> Vec<Reach> {
    let protocols: BTreeSet<Protocol> = gates.iter().flat_map(|gate| gate.protocols()).collect();
    let by_protocol: Vec<Vec<Reach>> =
        protocols.iter().map(|protocol| protocol_world(gates, protocol, family)).collect();
    let others = protocol_world(gates, &Protocol::All, family);
    // A reach on `all` claims every protocol, so an entry that takes one out must be heeded.
    let whole =
        |reaches: &Vec<Reach>| reaches.len() == 1 && reaches[0].from_port == 0 && reaches[0].to_port == u16::MAX;
    if whole(&others) && by_protocol.iter().all(whole) {
        return others;
    }
    by_protocol.into_iter().flatten().collect()
}

fn protocol_world(gates: &[&Traffic], protocol: &Protocol, family: Family) -> Vec<Reach> {
    let cuts: BTreeSet<u16> = gates.iter().flat_map(|gate| gate.cuts(protocol)).collect();
    let by_gate: Vec<Vec<Segment<'_>>> = gates.iter().map(|gate| gate.segments(protocol, family, &cuts)).collect();
    let mut reaches: Vec<Reach> = Vec::new();
    for index in 0..cuts.len() {
        let segments: Vec<&Segment<'_>> = by_gate.iter().filter_map(|segments| segments.get(index)).collect();
        let Some(admitted) = admitted_by_all(&segments).filter(|admitted| is_world(family, admitted)) else {
            continue;
        };
        let Some(ports) = segments.first().map(|segment| segment.ports) else { continue };
        let because = segments.iter().flat_map(|segment| world_makers(family, segment, &admitted));
        match reaches.last_mut() {
            Some(open) if u32::from(open.to_port) + 1 == u32::from(ports.first) => {
                open.to_port = ports.last;
                open.because.extend(because);
            }
            _ => reaches.push(Reach {
                protocol: protocol.to_string(),
                from_port: ports.first,
                to_port: ports.last,
                family: family.name().to_owned(),
                because: because.collect(),
                sources: Vec::new(),
            }),
        }
    }
    for reach in &mut reaches {
        reach.because.sort();
        reach.because.dedup();
    }
    reaches
}

fn admitted_by_all(segments: &[&Segment<'_>]) -> Option<Intervals> {
    let (first, rest) = segments.split_first()?;
    Some(rest.iter().fold(first.admitted.clone(), |all, segment| all.intersection(&segment.admitted)))
}

/// The entries to show for a world-open segment: those that are the world by themselves or, when
/// it takes several, all that hold public addresses.
fn world_makers(family: Family, segment: &Segment<'_>, admitted: &Intervals) -> Vec<Pointer> {
    let alone = segment.because.iter().filter(|(_, peers)| is_world(family, &peers.intersection(admitted)));
    let makers: Vec<Pointer> = alone.map(|(because, _)| (*because).clone()).collect();
    if makers.is_empty() { holders(segment, &admitted.intersection(public_unicast(family))) } else { makers }
}

/// The entries that hold some of the addresses.
fn holders(segment: &Segment<'_>, addresses: &Intervals) -> Vec<Pointer> {
    let parts = segment.because.iter().filter(|(_, peers)| !peers.intersection(addresses).is_empty());
    parts.map(|(because, _)| (*because).clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::super::{Entry, parse_cidr};
    use super::*;

    fn entry(text: &str, place: &str) -> Entry {
        let (allow, rest) = text.strip_prefix('!').map_or((true, text), |rest| (false, rest));
        let (what, range) = rest.split_once(' ').unwrap();
        let (protocol, port) = what.split_once('/').map_or((what, None), |(what, port)| (what, port.parse().ok()));
        let protocol = Protocol::new(protocol);
        Entry {
            allow,
            ports: PortRange::of_entry(&protocol, port, port),
            protocol,
            peers: parse_cidr(range).unwrap(),
            name: None,
            because: Pointer::new(place),
        }
    }

    fn gate(name: &str, entries: &[&str]) -> Traffic {
        Traffic(entries.iter().enumerate().map(|(index, text)| entry(text, &format!("/{name}/{index}"))).collect())
    }

    fn through(gates: &[&[&str]]) -> Vec<String> {
        let gates: Vec<Traffic> =
            gates.iter().enumerate().map(|(index, entries)| gate(&format!("g{index}"), entries)).collect();
        let words = |reach: &Reach| {
            let because: Vec<&str> = reach.because.iter().map(Pointer::as_str).collect();
            let Reach { protocol, from_port, to_port, family, .. } = reach;
            format!("{protocol} {from_port}-{to_port} {family} {}", because.join(","))
        };
        world_through(&gates.iter().collect::<Vec<_>>()).iter().map(words).collect()
    }

    #[test]
    fn only_what_every_gate_admits_from_the_same_address_comes_through() {
        let ssh: &[&str] = &["tcp/22 0.0.0.0/0"];
        assert_eq!(through(&[ssh, &["all 0.0.0.0/0"]]), ["tcp 22-22 ipv4 /g0/0,/g1/0"]);
        assert_eq!(through(&[ssh, &["!tcp/22 0.0.0.0/0", "all 0.0.0.0/0"]]), [""; 0]);
        assert_eq!(through(&[&["tcp/22 0.0.0.0/1"], &["all 128.0.0.0/1"]]), [""; 0], "each is the world, both are not");
        assert_eq!(through(&[&["tcp/22 0.0.0.0/0"], &["tcp/443 0.0.0.0/0"]]), [""; 0]);
        assert_eq!(through(&[&["all 0.0.0.0/0"], &["all 0.0.0.0/0"]]), ["all 0-65535 ipv4 /g0/0,/g1/0"]);
        assert_eq!(through(&[&["all ::/0"], &["all 0.0.0.0/0"]]), [""; 0]);
    }

    #[test]
    fn addresses_are_counted_by_union_and_the_world_is_left_aside() {
        let widest = |entries: &[&str]| gate("g", entries).widest_public(Family::Ipv4).map(|widest| widest.addresses);
        assert_eq!(widest(&["tcp/443 8.8.8.0/24"]), Some(256));
        assert_eq!(widest(&["tcp/443 8.8.8.0/25", "tcp/443 8.8.8.128/25"]), Some(256));
        assert_eq!(widest(&["tcp/443 8.8.8.0/25", "tcp/22 8.8.8.128/25"]), Some(128), "on different ports");
        assert_eq!(widest(&["tcp/443 8.8.8.0/25", "all 8.8.8.128/25"]), Some(256));
        assert_eq!(widest(&["tcp/443 0.0.0.0/0"]), None);
        assert_eq!(widest(&["tcp/443 0.0.0.0/0", "tcp/22 9.0.0.0/8"]), Some(1 << 24));
        assert_eq!(widest(&["tcp/443 10.0.0.0/8", "tcp/443 ::/0"]), None);
    }

    #[test]
    fn ipv6_is_counted_in_networks_of_a_site() {
        let widest = |entries: &[&str]| gate("g", entries).widest_public(Family::Ipv6).map(|widest| widest.addresses);
        assert_eq!(widest(&["tcp/443 2600:1f14::/48"]), Some(1));
        assert_eq!(widest(&["tcp/443 2600:1f14::1/128", "tcp/443 2a05:d014::1/128"]), Some(1), "two hosts");
        assert_eq!(widest(&["tcp/443 2600:1f14::/47", "tcp/443 2600:1f14:2::1/128"]), Some(3));
        assert_eq!(widest(&["tcp/443 2a00::/11"]), Some(1 << 37), "just short of the world");
        assert_eq!(widest(&["tcp/443 2600::/12"]), Some(1 << 36));
        assert_eq!(widest(&["tcp/443 ::/0"]), None, "the world has rules of its own");
        assert_eq!(widest(&["tcp/443 fd00::/8", "tcp/443 8.8.8.0/24"]), None);
    }
}
