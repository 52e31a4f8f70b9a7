//! How the process is told to stop or to read its configuration anew.

use std::sync::Arc;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::ServeError;

/// How the server is told things.
#[derive(Debug, Clone, Default)]
pub struct Signals {
    /// Cancelled once, to stop.
    pub shutdown: CancellationToken,
    /// Notified to read rules and configuration anew.
    pub reload: Arc<Notify>,
}

impl Signals {
    /// SIGTERM and SIGINT stop, SIGHUP reloads.
    ///
    /// # Errors
    /// When the operating system refuses to report signals.
    pub fn of_the_process() -> Result<Self, ServeError> {
        let listen = |kind| signal(kind).map_err(ServeError::Signals);
        let mut terminate = listen(SignalKind::terminate())?;
        let mut interrupt = listen(SignalKind::interrupt())?;
        let mut hang_up = listen(SignalKind::hangup())?;
        let signals = Self::default();
        let told = signals.clone();
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    _ = terminate.recv() => break,
                    _ = interrupt.recv() => break,
                    _ = hang_up.recv() => told.reload.notify_one(),
                }
            }
            told.shutdown.cancel();
        });
        Ok(signals)
    }
}
