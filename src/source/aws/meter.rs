//! Tells how far one collector has come.

use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::Progress;
use crate::model::{Region, Service};

/// Counts what one collector has read.
pub(super) struct Meter<'a> {
    service: Service,
    region: Region,
    done: AtomicUsize,
    of: usize,
    progress: &'a (dyn Fn(Progress) + Sync),
}

impl<'a> Meter<'a> {
    pub(super) fn new(service: Service, region: &Region, of: usize, progress: &'a (dyn Fn(Progress) + Sync)) -> Self {
        let meter = Self { service, region: region.clone(), done: AtomicUsize::new(0), of, progress };
        meter.tell(0);
        meter
    }

    /// Does one piece of work, and tells that it is done.
    pub(super) async fn measure<T>(&self, work: impl Future<Output = T>) -> T {
        let outcome = work.await;
        self.tell(self.done.fetch_add(1, Ordering::Relaxed) + 1);
        outcome
    }

    fn tell(&self, done: usize) {
        (self.progress)(Progress { service: self.service, region: self.region.clone(), done, of: self.of });
    }
}
