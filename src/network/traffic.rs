//! What a list of entries admits, by protocol, ports and peer.

use std::collections::BTreeSet;
use std::fmt;

use super::address::name_point;
use super::{Family, Intervals, Peers, cidrs};
use crate::model::Pointer;

/// An IP protocol as entries name it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Protocol {
    /// Every protocol, on every port.
    All,
    /// One protocol: `tcp`, `udp`, `icmp`, `icmpv6`, or a number.
    One(String),
}

impl Protocol {
    /// The protocol of a name or number; `-1` is all.
    #[must_use]
    pub fn new(text: &str) -> Self {
        match text.to_ascii_lowercase().as_str() {
            "all" | "-1" => Self::All,
            "6" => Self::One("tcp".to_owned()),
            "17" => Self::One("udp".to_owned()),
            "1" => Self::One("icmp".to_owned()),
            "58" => Self::One("icmpv6".to_owned()),
            name => Self::One(name.to_owned()),
        }
    }

    fn admits(&self, protocol: &Self) -> bool {
        *self == Self::All || self == protocol
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::All => "all",
            Self::One(name) => name,
        })
    }
}

/// Ports from the first to the last, both included. For ICMP, types; all ports are all types.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PortRange {
    /// First.
    pub first: u16,
    /// Last.
    pub last: u16,
}

impl PortRange {
    /// Every port.
    pub const ALL: Self = Self { first: 0, last: u16::MAX };

    /// The ports of an entry as AWS writes them: absent and negative mean all, protocols other
    /// than TCP and UDP have none, and for ICMP the first number is the type, the second a code
    /// (which is left aside).
    #[must_use]
    pub fn of_entry(protocol: &Protocol, from: Option<i32>, to: Option<i32>) -> Self {
        let port = |number: Option<i32>| number.and_then(|number| u16::try_from(number).ok());
        match protocol {
            Protocol::One(name) if name == "icmp" || name == "icmpv6" => {
                port(from).map_or(Self::ALL, |kind| Self { first: kind, last: kind })
            }
            Protocol::One(name) if name == "tcp" || name == "udp" => match (port(from), port(to)) {
                (Some(first), Some(last)) => Self { first, last },
                (Some(first), None) => Self { first, last: u16::MAX },
                (None, Some(last)) => Self { first: 0, last },
                (None, None) => Self::ALL,
            },
            Protocol::One(_) | Protocol::All => Self::ALL,
        }
    }

    const fn covers(self, other: Self) -> bool {
        self.first <= other.first && other.last <= self.last
    }
}

/// One entry of a security group or network ACL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Whether it allows.
    pub allow: bool,
    /// Protocol.
    pub protocol: Protocol,
    /// Ports.
    pub ports: PortRange,
    /// Who it is about.
    pub peers: Peers,
    /// The name of a peer that is not a range of addresses.
    pub name: Option<String>,
    /// Where it stands.
    pub because: Pointer,
}

/// Which way traffic goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Towards {
    /// In; peers are sources.
    Inside,
    /// Out; peers are destinations.
    Outside,
}

/// A list of entries of which the first that matches decides, as in a network ACL. The entries of
/// a security group all allow, so that their order has no meaning.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Traffic(pub Vec<Entry>);

/// What is admitted on a range of ports, and the entries that do.
pub(super) struct Segment<'a> {
    pub(super) ports: PortRange,
    pub(super) admitted: Intervals,
    pub(super) because: Vec<(&'a Pointer, &'a Intervals)>,
}

impl Traffic {
    /// The protocols to look at one by one: the usual ones and those that entries name.
    pub(super) fn protocols(&self) -> BTreeSet<Protocol> {
        ["tcp", "udp", "icmp", "icmpv6"]
            .into_iter()
            .map(Protocol::new)
            .chain(self.0.iter().map(|entry| entry.protocol.clone()).filter(|protocol| *protocol != Protocol::All))
            .collect()
    }

    /// The ports at which what is admitted may change.
    pub(super) fn cuts(&self, protocol: &Protocol) -> BTreeSet<u16> {
        let mut cuts = BTreeSet::from([0]);
        for entry in self.0.iter().filter(|entry| entry.protocol.admits(protocol)) {
            cuts.insert(entry.ports.first);
            cuts.extend(entry.ports.last.checked_add(1));
        }
        cuts
    }

    /// What is admitted between the cuts. For [`Protocol::All`]: what every protocol that no
    /// entry names may do.
    pub(super) fn segments<'a>(
        &'a self,
        protocol: &Protocol,
        family: Family,
        cuts: &BTreeSet<u16>,
    ) -> Vec<Segment<'a>> {
        let matching: Vec<&Entry> = self
            .0
            .iter()
            .filter(|entry| entry.protocol.admits(protocol) && !entry.peers.family(family).is_empty())
            .collect();
        let ends = cuts.iter().skip(1).map(|cut| cut - 1).chain([u16::MAX]);
        cuts.iter()
            .zip(ends)
            .map(|(first, last)| segment(&matching, family, PortRange { first: *first, last }))
            .collect()
    }

    /// What this admits and `other` does not, in words: `tcp 22 from 0.0.0.0/0`. Sorted.
    #[must_use]
    pub fn beyond(&self, other: &Self, towards: Towards) -> Vec<String> {
        let protocols: BTreeSet<Protocol> = self.protocols().union(&other.protocols()).cloned().collect();
        let mut words = BTreeSet::new();
        for family in Family::ALL.iter().copied() {
            let every = self.protocol_beyond(other, &Protocol::All, family);
            let on_every = every.iter().fold(Intervals::empty(), |all, (_, peers)| all.union(peers));
            let mut gains: Vec<(Protocol, PortRange, Intervals)> =
                every.into_iter().map(|(ports, peers)| (Protocol::All, ports, peers)).collect();
            for protocol in &protocols {
                let own = self.protocol_beyond(other, protocol, family);
                gains.extend(
                    own.into_iter().map(|(ports, peers)| (protocol.clone(), ports, peers.difference(&on_every))),
                );
            }
            for (protocol, ports, peers) in joined(gains) {
                words.insert(self.in_words(&protocol, ports, family, &peers, towards));
            }
        }
        words.into_iter().collect()
    }

    /// What this admits and `other` does not, between the ports where either changes.
    pub(super) fn protocol_beyond(
        &self,
        other: &Self,
        protocol: &Protocol,
        family: Family,
    ) -> Vec<(PortRange, Intervals)> {
        let cuts: BTreeSet<u16> = self.cuts(protocol).union(&other.cuts(protocol)).copied().collect();
        let ours = self.segments(protocol, family, &cuts);
        let theirs = other.segments(protocol, family, &cuts);
        ours.into_iter()
            .zip(theirs)
            .map(|(ours, theirs)| (ours.ports, ours.admitted.difference(&theirs.admitted)))
            .collect()
    }

    fn in_words(
        &self,
        protocol: &Protocol,
        ports: PortRange,
        family: Family,
        peers: &Intervals,
        towards: Towards,
    ) -> String {
        let what = match (protocol, ports) {
            (Protocol::All, _) => "all traffic".to_owned(),
            (protocol, PortRange::ALL) => format!("{protocol} on all ports"),
            (protocol, PortRange { first, last }) if first == last => format!("{protocol} {first}"),
            (protocol, PortRange { first, last }) => format!("{protocol} {first}-{last}"),
        };
        let direction = if towards == Towards::Inside { "from" } else { "to" };
        let names = if family == Family::Named { self.names(peers) } else { cidrs(family, peers) };
        let shown = names.iter().take(SHOWN_PEERS).cloned().collect::<Vec<_>>().join(", ");
        match names.len().saturating_sub(SHOWN_PEERS) {
            0 => format!("{what} {direction} {shown}"),
            more => format!("{what} {direction} {shown} and {more} more"),
        }
    }

    /// Who of the peers without address is in the set, sorted.
    pub(super) fn names(&self, peers: &Intervals) -> Vec<String> {
        let names: BTreeSet<&String> = self
            .0
            .iter()
            .filter_map(|entry| entry.name.as_ref())
            .filter(|name| peers.contains(name_point(name)))
            .collect();
        names.into_iter().cloned().collect()
    }
}

/// How many address ranges one line of words lists.
const SHOWN_PEERS: usize = 8;

fn segment<'a>(entries: &[&'a Entry], family: Family, ports: PortRange) -> Segment<'a> {
    let matching: Vec<(&'a Entry, &'a Intervals)> = entries
        .iter()
        .filter(|entry| entry.ports.covers(ports))
        .map(|entry| (*entry, entry.peers.family(family)))
        .collect();
    let because =
        matching.iter().filter(|(entry, _)| entry.allow).map(|(entry, peers)| (&entry.because, *peers)).collect();
    let admitted = if matching.iter().all(|(entry, _)| entry.allow) {
        Intervals::from_ranges(matching.iter().flat_map(|(_, peers)| peers.iter()))
    } else {
        first_match(&matching, family)
    };
    Segment { ports, admitted, because }
}

/// What ordered entries admit, of which some deny.
fn first_match(entries: &[(&Entry, &Intervals)], family: Family) -> Intervals {
    let mut undecided = family.everything();
    let mut admitted = Intervals::empty();
    for (entry, peers) in entries {
        let decided = undecided.intersection(peers);
        if entry.allow {
            admitted = admitted.union(&decided);
        }
        undecided = undecided.difference(&decided);
    }
    admitted
}

/// Joins neighbouring port ranges with the same peers, and drops what is empty.
fn joined(gains: Vec<(Protocol, PortRange, Intervals)>) -> Vec<(Protocol, PortRange, Intervals)> {
    let mut joined: Vec<(Protocol, PortRange, Intervals)> = Vec::new();
    for (protocol, ports, peers) in gains.into_iter().filter(|(_, _, peers)| !peers.is_empty()) {
        match joined.last_mut() {
            Some((same, open, held))
                if *same == protocol && u32::from(open.last) + 1 == u32::from(ports.first) && *held == peers =>
            {
                open.last = ports.last;
            }
            _ => joined.push((protocol, ports, peers)),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{is_world, parse_cidr};
    use super::*;

    fn entry(allow: bool, protocol: &str, ports: Option<(i32, i32)>, range: &str) -> Entry {
        let protocol = Protocol::new(protocol);
        Entry {
            allow,
            ports: PortRange::of_entry(&protocol, ports.map(|ports| ports.0), ports.map(|ports| ports.1)),
            protocol,
            peers: parse_cidr(range).unwrap(),
            name: None,
            because: Pointer::new("/configuration/ingress/0"),
        }
    }

    /// Whether one packet comes through: the first entry that matches decides.
    fn admits(entries: &[Entry], protocol: &str, port: u16, address: u128) -> bool {
        let matching = entries.iter().find(|entry| {
            entry.protocol.admits(&Protocol::new(protocol))
                && (entry.ports.first..=entry.ports.last).contains(&port)
                && entry.peers.family(Family::Ipv4).contains(address)
        });
        matching.is_some_and(|entry| entry.allow)
    }

    fn entries(effects: &'static [bool]) -> impl Strategy<Value = Vec<Entry>> {
        let ranges = ["0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/1", "0.0.0.0/3", "64.0.0.0/2", "192.0.0.0/4", "10.0.0.0/8"];
        let parts = (
            prop::sample::select(effects.to_vec()),
            prop::sample::select(vec!["all", "tcp", "udp"]),
            prop::option::of((0_i32..6, 0_i32..4)),
            prop::sample::select(ranges.to_vec()),
        );
        let entry = parts.prop_map(|(allow, protocol, ports, range)| {
            entry(allow, protocol, ports.map(|(first, length)| (first, first + length)), range)
        });
        prop::collection::vec(entry, 0..6)
    }

    /// One address for each sixteenth of the IPv4 space, so that every range above is a set of
    /// probes (10.0.0.0/8 holds none of them).
    fn probes() -> impl Iterator<Item = u128> {
        (0..16_u128).map(|sixteenth| (sixteenth << 28) + 0x0900_0001)
    }

    fn check_against_probes(entries: &[Entry]) -> Result<(), TestCaseError> {
        let world = Traffic(entries.to_vec()).world();
        for protocol in ["tcp", "udp"] {
            for port in 0..12 {
                let set = probes().filter(|address| admits(entries, protocol, port, *address)).map(|address| {
                    let block = (address >> 28) << 28;
                    (block, block + 0x0fff_ffff)
                });
                // 10.0.0.0/8 is private: whether it is in the set or not, the world is the same.
                let open = is_world(Family::Ipv4, &Intervals::from_ranges(set));
                let told = world.iter().any(|reach| {
                    (reach.protocol == protocol || reach.protocol == "all")
                        && reach.family == "ipv4"
                        && (reach.from_port..=reach.to_port).contains(&port)
                });
                prop_assert_eq!(told, open, "{} {} in {:?}", protocol, port, world);
            }
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn what_is_told_of_a_group_is_what_single_packets_show(entries in entries(&[true])) {
            check_against_probes(&entries)?;
        }

        #[test]
        fn what_is_told_of_ordered_entries_is_what_single_packets_show(entries in entries(&[true, false])) {
            check_against_probes(&entries)?;
        }

        #[test]
        fn the_order_of_allowing_entries_has_no_meaning(
            (entries, shuffled) in entries(&[true]).prop_flat_map(|entries| (Just(entries.clone()), Just(entries).prop_shuffle())),
        ) {
            let (one, other) = (Traffic(entries), Traffic(shuffled));
            prop_assert_eq!(one.world(), other.world());
            prop_assert_eq!(one.beyond(&other, Towards::Inside), Vec::<String>::new());
        }

        #[test]
        fn nothing_is_beyond_what_admits_every_packet_of_it(one in entries(&[true, false]), other in entries(&[true, false])) {
            let packets = || ["tcp", "udp", "47"].into_iter().flat_map(|protocol| (0..12).map(move |port| (protocol, port)));
            let escapes = packets().any(|(protocol, port)| {
                probes().chain([0x0a00_0001]).any(|address| {
                    admits(&one, protocol, port, address) && !admits(&other, protocol, port, address)
                })
            });
            let beyond = Traffic(one).beyond(&Traffic(other), Towards::Inside);
            prop_assert_eq!(escapes, !beyond.is_empty(), "{:?}", beyond);
        }
    }

    #[test]
    fn words_name_protocol_ports_and_peers() {
        let nothing = Traffic::default();
        let words = |entries: Vec<Entry>| Traffic(entries).beyond(&nothing, Towards::Outside);
        assert_eq!(words(vec![entry(true, "tcp", Some((80, 81)), "0.0.0.0/0")]), ["tcp 80-81 to 0.0.0.0/0"]);
        assert_eq!(words(vec![entry(true, "tcp", None, "10.0.0.0/8")]), ["tcp on all ports to 10.0.0.0/8"]);
        assert_eq!(words(vec![entry(true, "-1", None, "::/0")]), ["all traffic to ::/0"]);
        let many = (0..20).map(|block| entry(true, "udp", Some((53, 53)), &format!("{}.0.0.0/8", block * 2))).collect();
        assert!(words(many)[0].ends_with("14.0.0.0/8 and 12 more"));
    }
}
