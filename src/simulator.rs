//! A read-only simulated AWS: loopback HTTP in the real wire formats of IAM, STS, EC2, S3, S3
//! Control, CloudTrail, Organizations and others, over accounts described as data.
//!
//! It serves `plimsoll demo`, and the tests that need pages, throttles, delays and denials as AWS
//! makes them. Any AWS client can talk to it: callers are told apart by access key, signatures are
//! not verified. Faults and changes can be made while it runs, from Rust and over HTTP
//! (`POST /__faults`, `GET /__stats`, `POST /__reset`).

mod accessanalyzer;
mod attack;
mod backup;
mod cloudtrail;
mod ec2;
mod ec2_compute;
mod ec2_groups;
mod ec2_items;
mod ec2_network;
mod ec2_network_gateways;
mod endpoint;
mod estate;
mod estate_compute;
mod estate_ec2;
mod estate_iam;
mod estate_network;
mod estate_organization;
mod estate_s3;
mod estate_trail;
mod fault;
mod generated;
mod iam;
mod iam_details;
mod iam_report;
mod organizations;
mod paging;
mod refusal;
mod request;
mod s3;
mod s3control;
mod stats;
mod sts;
mod trail_events;
mod wire;
mod xml;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub use attack::{Attack, attack, attack_by};
pub use endpoint::Latency;
use endpoint::World;
pub use estate::{Account, Estate, Tags};
pub use estate_compute::{Disk, Image, LaunchTemplate, Snapshot, SpotFleet};
pub use estate_ec2::{
    AclEntry, FlowLog, Instance, Interface, NetworkAcl, Opening, PrefixList, Region, SecurityGroup, Settings, Subnet,
    Volume, Vpc,
};
pub use estate_iam::{
    AccessKey, Analyzer, AwsPolicy, Group, InlinePolicy, ManagedPolicy, Mfa, OidcProvider, Password, PasswordPolicy,
    Role, Root, SamlProvider, ServerCertificate, User,
};
pub use estate_network::{
    Attachment, ClientVpn, CustomerGateway, DhcpOptions, ElasticAddress, Endpoint, EndpointService, GatewayRouteTable,
    InternetGateway, MirrorFilter, MirrorSession, MirrorTarget, NatGateway, Network, Peering, PeeringSide, Route,
    RouteTable, TransitGateway, Tunnel, VpnConnection, VpnGateway,
};
pub use estate_organization::{ControlPolicy, Organization, Unit};
pub use estate_s3::{
    AccessBlock, AccessPoint, Bucket, DirectoryBucket, Grant, LifecycleRule, Logging, MultiRegionAccessPoint,
    ObjectLock, Replication,
};
pub use estate_trail::{AdvancedSelector, DataEvents, Selector, Trail, TrailEvent};
pub use fault::{Fault, FaultKind, When};
pub use generated::Size;
pub use stats::{CallCount, Stats};

/// What somebody who runs the demo account would declare about it, as `plimsoll.yaml`.
pub const DEMO_CONFIGURATION: &str = include_str!("simulator/demo.yaml");

/// A running simulated AWS. It ends when this is dropped.
pub struct Simulator {
    address: SocketAddr,
    world: Arc<World>,
    server: JoinHandle<()>,
    stopped: CancellationToken,
}

impl Simulator {
    /// Serves the estate on a free loopback port, on the current tokio runtime.
    pub async fn start(estate: Estate) -> io::Result<Self> {
        Self::start_on(estate, 0).await
    }

    /// Serves the estate on this loopback port.
    pub async fn start_on(estate: Estate, port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let address = listener.local_addr()?;
        let stopped = CancellationToken::new();
        let world = Arc::new(World::new(estate, stopped.clone()));
        let server = tokio::spawn(endpoint::serve(listener, Arc::clone(&world), stopped.clone()));
        Ok(Self { address, world, server, stopped })
    }

    /// Where it listens, `http://127.0.0.1:40123`.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Id of the access key of the first account. Any secret goes with it.
    #[must_use]
    pub fn access_key(&self) -> String {
        self.world.estate().accounts.first().map(|account| account.access_key.clone()).unwrap_or_default()
    }

    /// Changes the estate; the next request sees it.
    pub fn change<T>(&self, change: impl FnOnce(&mut Estate) -> T) -> T {
        change(&mut self.world.estate_mut())
    }

    /// Looks at the estate as it is now.
    pub fn look<T>(&self, look: impl FnOnce(&Estate) -> T) -> T {
        look(&self.world.estate())
    }

    /// Puts these fault rules in the place of the former ones.
    pub fn set_faults(&self, faults: Vec<Fault>) {
        self.world.set_faults(faults);
    }

    /// How long answers take.
    pub fn set_latency(&self, latency: Latency) {
        self.world.set_latency(latency);
    }

    /// What has been asked since the start or the last reset.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.world.stats()
    }

    /// Forgets faults, counts, assumed roles and credential reports; the estate stays as it is.
    pub fn reset(&self) {
        self.world.reset();
    }

    /// Stops listening and waits for open requests, but not for those that hang.
    pub async fn stop(mut self) {
        self.stopped.cancel();
        if tokio::time::timeout(Duration::from_secs(2), &mut self.server).await.is_err() {
            self.server.abort();
        }
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.stopped.cancel();
    }
}
