//! Sets of addresses: IPv4, IPv6, and peers that are not addresses (other security groups).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::LazyLock;

use ipnet::IpNet;

use super::Intervals;

/// The address space a set lives in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// IPv4 addresses.
    Ipv4,
    /// IPv6 addresses.
    Ipv6,
    /// Peers known by name only: security groups, and prefix lists whose entries are not known.
    /// They match private addresses of interfaces and are never the world.
    Named,
}

impl Family {
    /// All families.
    pub const ALL: &[Self] = &[Self::Ipv4, Self::Ipv6, Self::Named];

    /// The word in facts: `ipv4` or `ipv6`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ipv4 => "ipv4",
            Self::Ipv6 => "ipv6",
            Self::Named => "named",
        }
    }

    const fn bits(self) -> u8 {
        match self {
            Self::Ipv4 => 32,
            Self::Ipv6 | Self::Named => 128,
        }
    }

    /// All addresses of the family.
    #[must_use]
    pub fn everything(self) -> Intervals {
        Intervals::range(0, if self == Self::Ipv4 { u128::from(u32::MAX) } else { u128::MAX })
    }
}

/// Who traffic comes from or goes to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Peers {
    ipv4: Intervals,
    ipv6: Intervals,
    named: Intervals,
}

impl Peers {
    /// A set of addresses of one family.
    #[must_use]
    pub fn of(family: Family, addresses: Intervals) -> Self {
        let mut peers = Self::default();
        *peers.slot(family) = addresses;
        peers
    }

    /// Every address of the given families.
    #[must_use]
    pub fn every(families: &[Family]) -> Self {
        families.iter().fold(Self::default(), |peers, family| peers.union(&Self::of(*family, family.everything())))
    }

    /// One peer known by name only.
    #[must_use]
    pub fn named(name: &str) -> Self {
        let point = name_point(name);
        Self::of(Family::Named, Intervals::range(point, point))
    }

    /// The addresses of one family.
    #[must_use]
    pub const fn family(&self, family: Family) -> &Intervals {
        match family {
            Family::Ipv4 => &self.ipv4,
            Family::Ipv6 => &self.ipv6,
            Family::Named => &self.named,
        }
    }

    /// Who is in either set.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self::united(&[self, other])
    }

    /// Who is in any of the sets.
    #[must_use]
    pub fn united(sets: &[&Self]) -> Self {
        let all = |family| Intervals::from_ranges(sets.iter().flat_map(|set| set.family(family).iter()));
        Self { ipv4: all(Family::Ipv4), ipv6: all(Family::Ipv6), named: all(Family::Named) }
    }

    const fn slot(&mut self, family: Family) -> &mut Intervals {
        match family {
            Family::Ipv4 => &mut self.ipv4,
            Family::Ipv6 => &mut self.ipv6,
            Family::Named => &mut self.named,
        }
    }
}

/// The number that stands for a name: the first half of its BLAKE3 hash.
pub(super) fn name_point(name: &str) -> u128 {
    let hash = blake3::hash(name.as_bytes());
    hash.as_bytes()[..16].iter().fold(0, |point, byte| (point << 8) | u128::from(*byte))
}

/// The addresses of `10.0.0.0/8`, `2001:db8::/32`, or of one bare address; `None` when the text is
/// neither. Host bits have no meaning.
#[must_use]
pub fn parse_cidr(text: &str) -> Option<Peers> {
    let net = text.parse::<IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))?;
    let (family, bits) = match net {
        IpNet::V4(_) => (Family::Ipv4, 32_u32),
        IpNet::V6(_) => (Family::Ipv6, 128),
    };
    let first = number(net.network());
    let free = bits - u32::from(net.prefix_len());
    let last = first | 1_u128.checked_shl(free).map_or(u128::MAX, |size| size - 1);
    Some(Peers::of(family, Intervals::range(first, last)))
}

/// The fewest CIDR ranges that together are the set, ascending.
#[must_use]
pub fn cidrs(family: Family, addresses: &Intervals) -> Vec<String> {
    addresses.iter().flat_map(|(first, last)| range_cidrs(family, first, last)).collect()
}

fn range_cidrs(family: Family, first: u128, last: u128) -> Vec<String> {
    let mut ranges = Vec::new();
    let mut next = Some(first);
    while let Some(start) = next.filter(|start| *start <= last) {
        let mut free = start.trailing_zeros().min(u32::from(family.bits()));
        // The largest aligned block that does not reach past the end.
        while free > 0 && block_end(start, free) > last {
            free -= 1;
        }
        ranges.push(format!("{}/{}", address(family, start), u32::from(family.bits()) - free));
        next = block_end(start, free).checked_add(1);
    }
    ranges
}

fn block_end(start: u128, free: u32) -> u128 {
    start | 1_u128.checked_shl(free).map_or(u128::MAX, |size| size - 1)
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(u32::from(address)),
        IpAddr::V6(address) => u128::from(address),
    }
}

pub(super) fn address(family: Family, number: u128) -> IpAddr {
    match (family, u32::try_from(number)) {
        (Family::Ipv4, Ok(number)) => Ipv4Addr::from(number).into(),
        _ => Ipv6Addr::from(number).into(),
    }
}

/// Whether a set of addresses is the world: at least a quarter of the family's public unicast
/// addresses.
///
/// A literal `0.0.0.0/0` is a spelling; what matters is how much of the internet may come in.
/// A quarter is far more than any one organization or cloud holds, and low enough that either
/// half of the IPv4 space is the world by itself: `128.0.0.0/1` holds only 43 % of the public
/// unicast addresses, because multicast and reserved space are all in that half. Private and
/// other special-purpose blocks (RFC 6890) count on neither side, so that `10.0.0.0/8` and
/// `fc00::/7` add nothing. For IPv6 the blocks that IANA has handed to the registries count,
/// since almost all of `2000::/3` is empty: the registries' blocks together are the world.
#[must_use]
pub fn is_world(family: Family, addresses: &Intervals) -> bool {
    let public = public_unicast(family);
    let reached = addresses.intersection(public).size();
    reached > 0 && reached.saturating_mul(4) >= public.size()
}

/// Whether a text is an IPv6 address, or a range of them, of the global unicast space, which is not
/// local to a link, a site or a VPC.
#[must_use]
pub fn is_global_ipv6(text: &str) -> bool {
    let address = text.split_once('/').map_or(text, |(address, _)| address);
    address.parse::<Ipv6Addr>().is_ok_and(|address| address.segments()[0] & 0xe000 == 0x2000)
}

/// Whether a text is one address that a host on the internet can have: `8.8.8.8/32`.
#[must_use]
pub fn is_public_host(text: &str) -> bool {
    parse_cidr(text).is_some_and(|peers| {
        [Family::Ipv4, Family::Ipv6].into_iter().any(|family| {
            let addresses = peers.family(family);
            addresses.size() == 1 && !addresses.intersection(public_unicast(family)).is_empty()
        })
    })
}

/// Addresses that hosts on the internet can have.
pub(super) fn public_unicast(family: Family) -> &'static Intervals {
    static NONE: Intervals = Intervals::empty();
    static IPV4: LazyLock<Intervals> =
        LazyLock::new(|| Family::Ipv4.everything().difference(&united(Family::Ipv4, IPV4_SPECIAL)));
    static IPV6: LazyLock<Intervals> =
        LazyLock::new(|| united(Family::Ipv6, IPV6_HANDED_OUT).difference(&united(Family::Ipv6, IPV6_SPECIAL)));
    match family {
        Family::Ipv4 => &IPV4,
        Family::Ipv6 => &IPV6,
        Family::Named => &NONE,
    }
}

fn united(family: Family, ranges: &[&str]) -> Intervals {
    ranges
        .iter()
        .filter_map(|range| parse_cidr(range))
        .fold(Intervals::empty(), |all, range| all.union(range.family(family)))
}

/// IANA's special-purpose registry for IPv4, with multicast and reserved space.
const IPV4_SPECIAL: &[&str] = &[
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/3",
];

/// IANA's registry of global unicast IPv6 blocks given to the regional registries.
const IPV6_HANDED_OUT: &[&str] = &[
    "2001::/16",
    "2003::/18",
    "2400::/11",
    "2600::/12",
    "2610::/23",
    "2620::/23",
    "2630::/12",
    "2800::/12",
    "2a00::/11",
    "2c00::/12",
];

/// Special-purpose blocks inside them.
const IPV6_SPECIAL: &[&str] = &["2001::/23", "2001:db8::/32"];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn world(family: Family, ranges: &[&str]) -> bool {
        let peers = ranges.iter().map(|range| parse_cidr(range).unwrap()).fold(Peers::default(), |a, b| a.union(&b));
        is_world(family, peers.family(family))
    }

    #[test]
    fn the_world_is_a_share_of_public_addresses_and_not_a_spelling() {
        assert!(world(Family::Ipv4, &["0.0.0.0/0"]));
        assert!(world(Family::Ipv4, &["0.0.0.0/1", "128.0.0.0/1"]));
        assert!(world(Family::Ipv4, &["0.0.0.0/1"]));
        assert!(world(Family::Ipv4, &["128.0.0.0/1"]));
        let every_second: Vec<String> = (0..128).map(|block| format!("{}.0.0.0/8", block * 2)).collect();
        assert!(world(Family::Ipv4, &every_second.iter().map(String::as_str).collect::<Vec<_>>()));
        assert!(world(Family::Ipv6, &["::/0"]));
        assert!(world(Family::Ipv6, &["2000::/3"]));
        assert!(world(Family::Ipv6, &["2400::/12", "2600::/12", "2800::/12", "2a00::/12", "2c00::/12"]));
    }

    #[test]
    fn private_reserved_and_single_networks_are_not_the_world() {
        assert!(!world(Family::Ipv4, &["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"]));
        assert!(!world(Family::Ipv4, &["224.0.0.0/3"]));
        assert!(!world(Family::Ipv4, &["3.0.0.0/8", "52.0.0.0/8"]));
        assert!(!world(Family::Ipv4, &[]));
        assert!(!world(Family::Ipv6, &["fc00::/7"]));
        assert!(!world(Family::Ipv6, &["8000::/1"]));
        assert!(!world(Family::Ipv6, &["2600::/12"]));
    }

    #[test]
    fn text_that_is_no_address_range_is_refused() {
        for text in ["", "0.0.0.0/33", "world", "10.0.0.0/8/8"] {
            assert_eq!(parse_cidr(text), None, "{text}");
        }
        assert_eq!(parse_cidr("10.1.2.3/8"), parse_cidr("10.0.0.0/8"));
        assert_eq!(parse_cidr("::1"), parse_cidr("::1/128"));
    }

    proptest! {
        #[test]
        fn a_set_written_as_ranges_is_the_same_set(ranges in prop::collection::vec((any::<u32>(), 0_u32..5000), 0..5)) {
            let set = Intervals::from_ranges(
                ranges.iter().map(|(first, length)| (u128::from(*first), u128::from(first.saturating_add(*length)))),
            );
            let texts = cidrs(Family::Ipv4, &set);
            prop_assert_eq!(united(Family::Ipv4, &texts.iter().map(String::as_str).collect::<Vec<_>>()), set);
        }
    }

    #[test]
    fn whole_families_are_one_range() {
        assert_eq!(cidrs(Family::Ipv4, &Family::Ipv4.everything()), ["0.0.0.0/0"]);
        assert_eq!(cidrs(Family::Ipv6, &Family::Ipv6.everything()), ["::/0"]);
    }
}
