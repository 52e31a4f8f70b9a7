//! The scrape target, the API and the overview page.
//!
//! [`serve`] runs scans on a schedule and shows what the last good one found. It does not know
//! how to scan: a scan is a closure that gives [`Scanned`] values or a [`ScanFailure`].
//! When a scan fails, the last good values stay, with their age. On shutdown a running scan is
//! told to stop, open requests are answered, and both have a time limit.

mod api;
mod board;
mod connections;
mod estate;
mod guard;
mod health;
mod overview;
mod recorded;
mod schedule;
mod scrape;
mod signals;

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use tokio::net::TcpListener;

use crate::metrics::Published;
use board::Board;

pub use crate::metrics::ScanFailure;
pub use estate::{Estate, JudgedEvaluation, JudgedResource, ScanEntry, ScanOutcome};
pub use recorded::{Completed, history};
pub use schedule::{Decisions, Schedule, Work};
pub use signals::Signals;

/// What a completed scan gives to be shown.
#[derive(Debug, Clone)]
pub struct Scanned {
    /// The values of the metrics page.
    pub published: Published,
    /// The detail behind them.
    pub estate: Estate,
}

/// Limits of the server.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The longest that one request may take.
    pub request: Duration,
    /// The longest that a connection may stay without traffic.
    pub idle: Duration,
    /// Connections at one time; further ones wait.
    pub connections: usize,
    /// The longest that open requests and a running scan may take to end after shutdown began.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            request: Duration::from_secs(10),
            idle: Duration::from_mins(1),
            connections: 256,
            drain: Duration::from_secs(10),
        }
    }
}

/// What prevents serving.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}\nhelp: {help}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The next step.
        help: &'static str,
        /// Why.
        source: std::io::Error,
    },
    /// The operating system refuses to report signals.
    #[error("cannot listen for signals")]
    Signals(#[source] std::io::Error),
    /// The schedule ended by a fault of the program.
    #[error("scans have stopped by a fault of the program")]
    Schedule(#[source] tokio::task::JoinError),
    /// The server stopped by itself.
    #[error("the server stopped by itself")]
    Stopped(#[source] std::io::Error),
}

/// Listens on an address.
///
/// # Errors
/// When the address is taken, not ours or not allowed; the message says what to do.
pub async fn listen(address: SocketAddr) -> Result<TcpListener, ServeError> {
    TcpListener::bind(address).await.map_err(|source| {
        let help = match source.kind() {
            std::io::ErrorKind::AddrInUse => {
                "another process serves there, perhaps another plimsoll; stop it, or choose another port with --listen"
            }
            std::io::ErrorKind::PermissionDenied => {
                "ports below 1024 need privileges; choose a higher one with --listen"
            }
            std::io::ErrorKind::AddrNotAvailable => {
                "this machine does not have that address; use 0.0.0.0 for all of its addresses, or 127.0.0.1"
            }
            _ => "choose another address with --listen",
        };
        ServeError::Listen { address, help, source }
    })
}

/// Scans on a schedule and shows what the last good scan found, until told to stop.
///
/// `first` is shown until the first scan has ended: [`Scanned::remembered`] by the ledger.
///
/// # Errors
/// When the server or its schedule stops by itself. Being told to stop is success.
pub async fn serve(
    listener: TcpListener,
    schedule: Schedule,
    limits: Limits,
    first: Scanned,
    work: Work,
    signals: Signals,
) -> Result<(), ServeError> {
    let board = Board::new(first);
    let stop = signals.shutdown.clone();
    if let Ok(address) = listener.local_addr() {
        tracing::info!(%address, "serving");
    }
    let listener = connections::Limited::new(listener, limits.connections, limits.idle);
    // Should the schedule end by a fault, the guard stops the server: better a process that ends
    // than one that serves and never scans again.
    let guard = stop.clone().drop_guard();
    let scanning = schedule::run(schedule, limits.drain, board.clone(), work, signals);
    let scans = tokio::spawn(async move {
        let _stops_the_server = guard;
        scanning.await;
    });
    let server = axum::serve(listener, router(board, limits)).with_graceful_shutdown(stop.clone().cancelled_owned());
    let mut server = tokio::spawn(server.into_future());

    let served = tokio::select! {
        ended = &mut server => ended,
        () = stop.cancelled() => {
            tracing::info!("shutting down");
            tokio::time::timeout(limits.drain, &mut server).await.unwrap_or_else(|_late| {
                server.abort();
                tracing::warn!("requests were still open when the time to end was over");
                Ok(Ok(()))
            })
        }
    };
    stop.cancel();
    scans.await.map_err(ServeError::Schedule)?;
    served.map_err(std::io::Error::other).flatten().map_err(ServeError::Stopped)
}

fn router(board: Board, limits: Limits) -> Router {
    Router::new()
        .route("/", get(overview::page))
        .route("/style.css", get(overview::style))
        .route("/metrics", get(scrape::page))
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/openapi.json", get(api::description))
        .nest("/api/v1", api::router())
        .fallback(guard::no_such_page)
        .layer(axum::middleware::from_fn_with_state(limits, guard::guard))
        .with_state(board)
}
