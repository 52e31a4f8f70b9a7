//! The algebra of reach: sets of address × protocol × port, IPv4 and IPv6.
//!
//! Whether a group or a network ACL is open to the world is a question about the union of all
//! its entries, so it is answered with sets and never entry by entry: `0.0.0.0/1` beside
//! `128.0.0.0/1` is the world. What is not known (a CIDR after apply, a prefix list whose entries
//! were not read) gives two answers, [`Bounds::certain`] and [`Bounds::possible`]; where both
//! agree the unknown did not matter.

mod address;
mod entries;
mod intervals;
mod packet;
mod routes;
mod traffic;
mod world;

pub use address::{Family, Peers, cidrs, is_global_ipv6, is_public_host, is_world, parse_cidr};
pub(crate) use entries::short_id;
pub use entries::{Bounds, PrefixLists, acl_traffic, group_traffic};
pub use intervals::Intervals;
pub use routes::route_traffic;
pub use traffic::{Entry, PortRange, Protocol, Towards, Traffic};
pub use world::{Widest, world_through};
