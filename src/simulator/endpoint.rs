//! One request from the socket to the answer: who asks, what goes wrong, which service answers.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::estate::{Account, Estate};
use super::fault::{Effect, Fault, FaultKind, Faults};
use super::iam_report::Reports;
use super::refusal::Refusal;
use super::request::{self, Asked, Call, Scope, Service};
use super::s3::Answer;
use super::stats::{Counts, Key, Load, Stats};
use super::sts::Sessions;
use super::wire::{Scissors, Wires};
use super::{accessanalyzer, backup, cloudtrail, ec2, iam, organizations, s3, s3control, sts};

/// How long answers take, faults aside.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Latency {
    /// As fast as can be.
    #[default]
    None,
    /// About what AWS takes from the same region.
    Aws,
}

impl Latency {
    fn of(self, asked: &Asked) -> Duration {
        let millis = match (self, asked.service, asked.operation.as_str()) {
            (Self::None, _, _) => 0,
            (Self::Aws, Service::Iam, "GetAccountAuthorizationDetails") => 600,
            (
                Self::Aws,
                Service::AccessAnalyzer | Service::Backup | Service::CloudTrail | Service::Iam | Service::Organizations,
                _,
            ) => 120,
            (Self::Aws, Service::Sts, _) => 50,
            (Self::Aws, Service::Ec2, _) => 200,
            (Self::Aws, Service::S3 | Service::S3Control, _) => 40,
        };
        Duration::from_millis(millis)
    }
}

/// All that the endpoint knows and remembers.
pub(super) struct World {
    estate: RwLock<Estate>,
    sessions: Mutex<Sessions>,
    reports: Mutex<Reports>,
    faults: Mutex<Faults>,
    counts: Mutex<Counts>,
    latency: Mutex<Latency>,
    load: Load,
    requests: AtomicU64,
    stopped: CancellationToken,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl World {
    pub(super) fn new(estate: Estate, stopped: CancellationToken) -> Self {
        Self {
            estate: RwLock::new(estate),
            sessions: Mutex::default(),
            reports: Mutex::default(),
            faults: Mutex::default(),
            counts: Mutex::default(),
            latency: Mutex::default(),
            load: Load::default(),
            requests: AtomicU64::new(0),
            stopped,
        }
    }

    pub(super) fn estate(&self) -> RwLockReadGuard<'_, Estate> {
        self.estate.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn estate_mut(&self) -> RwLockWriteGuard<'_, Estate> {
        self.estate.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn set_faults(&self, faults: Vec<Fault>) {
        *locked(&self.faults) = Faults::new(faults);
    }

    pub(super) fn set_latency(&self, latency: Latency) {
        *locked(&self.latency) = latency;
    }

    pub(super) fn stats(&self) -> Stats {
        locked(&self.counts).published(self.load.most())
    }

    pub(super) fn reset(&self) {
        self.set_faults(Vec::new());
        *locked(&self.counts) = Counts::default();
        locked(&self.sessions).clear();
        locked(&self.reports).clear();
        self.load.reset();
    }

    fn next_request(&self) -> String {
        let number = self.requests.fetch_add(1, Ordering::Relaxed) + 1;
        format!("00000000-0000-4000-8000-{number:012x}")
    }

    fn count(&self, asked: &Asked, region: &str, account: &str, status: u16) {
        let key = Key {
            service: asked.service.name(),
            operation: asked.operation.clone(),
            region: region.to_owned(),
            account: account.to_owned(),
            status,
        };
        let mut counts = locked(&self.counts);
        counts.add(key);
        if let (Service::S3, Some(bucket)) = (asked.service, &asked.subject) {
            counts.add_bucket(bucket);
        }
    }

    /// The account and ARN behind an access key.
    fn caller(&self, access_key: &str, token: Option<&str>) -> Option<(String, String)> {
        if let Some(session) = locked(&self.sessions).get(access_key) {
            return (token == Some(session.token.as_str())).then(|| (session.account.clone(), session.arn.clone()));
        }
        let estate = self.estate();
        let account = estate.accounts.iter().find(|account| account.access_key == access_key)?;
        Some((account.id.clone(), caller_arn(account)))
    }

    fn answer(&self, call: &Call) -> Result<Answer, Refusal> {
        let estate = self.estate();
        let account = estate.account(&call.account).ok_or_else(|| Refusal::unknown_key(call.asked.service))?;
        let xml = |content_type| move |body| Answer { body, region: None, content_type };
        match call.asked.service {
            Service::Iam => iam::answer(call, &estate, account, &mut locked(&self.reports)).map(xml("text/xml")),
            Service::Sts => {
                // The wall clock, because clients compare the expiry with theirs.
                sts::answer(call, &estate, &mut locked(&self.sessions), Timestamp::now()).map(xml("text/xml"))
            }
            Service::Ec2 => ec2::answer(call, &estate, account).map(xml("text/xml;charset=UTF-8")),
            Service::S3 => s3::answer(call, &estate, account),
            Service::S3Control => s3control::answer(call, &estate, account).map(xml("application/xml")),
            Service::Organizations => organizations::answer(call, &estate).map(xml(AMZ_JSON)),
            Service::AccessAnalyzer => accessanalyzer::answer(call, account).map(xml(JSON)),
            Service::Backup => backup::answer(call, &estate, account).map(xml(JSON)),
            Service::CloudTrail => cloudtrail::answer(call, account).map(xml(AMZ_JSON)),
        }
    }
}

/// The content type of JSON services.
const AMZ_JSON: &str = "application/x-amz-json-1.1";

/// The content type of REST services with JSON.
const JSON: &str = "application/json";

fn caller_arn(account: &Account) -> String {
    let path = account.users.iter().find(|user| user.name == account.caller).map_or("/", |user| &user.path);
    account.iam_arn("user", path, &account.caller)
}

/// Serves until stopped.
pub(super) async fn serve(listener: TcpListener, world: Arc<World>, stopped: CancellationToken) {
    let service = Router::new()
        .route("/__faults", post(set_faults))
        .route("/__stats", get(|State(world): State<Arc<World>>| async move { Json(world.stats()) }))
        .route("/__reset", post(|State(world): State<Arc<World>>| async move { world.reset() }))
        .fallback(handle)
        .with_state(world)
        .into_make_service_with_connect_info::<Scissors>();
    let served = axum::serve(Wires(listener), service).with_graceful_shutdown(stopped.cancelled_owned()).await;
    if let Err(error) = served {
        tracing::warn!(%error, "the simulated AWS has stopped");
    }
}

async fn set_faults(State(world): State<Arc<World>>, body: Bytes) -> Response {
    match serde_json::from_slice::<Vec<Fault>>(&body) {
        Ok(faults) => {
            world.set_faults(faults);
            StatusCode::NO_CONTENT.into_response()
        }
        Err(error) => (StatusCode::BAD_REQUEST, format!("cannot read the fault rules: {error}\n")).into_response(),
    }
}

async fn handle(
    State(world): State<Arc<World>>,
    ConnectInfo(scissors): ConnectInfo<Scissors>,
    request: Request,
) -> Response {
    const MOST: usize = 1 << 20;
    let _open = world.load.enter();
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MOST).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let scope = Scope::of(&parts.headers);
    let query = parts.uri.query().unwrap_or_default();
    let Some(asked) = request::read(&parts.method, parts.uri.path(), query, &body, &parts.headers, scope.as_ref())
    else {
        return (StatusCode::NOT_FOUND, "no simulated AWS service takes this request\n").into_response();
    };
    let id = world.next_request();
    match identify(&world, asked.clone(), scope, &parts.headers, &id) {
        Ok(call) => serve_call(&world, &call, &scissors).await,
        Err(refusal) => {
            world.count(&asked, "", "", refusal.status);
            refused(&asked, &refusal, &id)
        }
    }
}

fn identify(world: &World, asked: Asked, scope: Option<Scope>, headers: &HeaderMap, id: &str) -> Result<Call, Refusal> {
    let service = asked.service;
    let scope = scope.ok_or_else(|| Refusal::unsigned(service))?;
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let (account, caller) =
        world.caller(&scope.access_key, header("x-amz-security-token")).ok_or_else(|| Refusal::unknown_key(service))?;
    let call =
        Call { asked, region: scope.region, access_key: scope.access_key, account, caller, request: id.to_owned() };
    // S3 Control is asked about one account, in a header or as the first label of the host.
    let host = header("host").and_then(|host| host.split('.').next()).filter(|label| is_account(label));
    let about = header("x-amz-account-id").or(host);
    if service == Service::S3Control && about.is_some_and(|about| about != call.account) {
        return Err(Refusal::denied(&call));
    }
    Ok(call)
}

fn is_account(label: &str) -> bool {
    label.len() == 12 && label.bytes().all(|byte| byte.is_ascii_digit())
}

async fn serve_call(world: &World, call: &Call, scissors: &Scissors) -> Response {
    let effect = locked(&world.faults).effect(call, Instant::now());
    let latency = *locked(&world.latency);
    let delay = effect.delay + latency.of(&call.asked);
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    let (response, status) = respond(world, call, effect, scissors);
    world.count(&call.asked, &call.region, &call.account, status);
    if effect.kind == Some(FaultKind::Hang) {
        world.stopped.cancelled().await;
    }
    response
}

/// The answer, and the status it is counted under.
fn respond(world: &World, call: &Call, effect: Effect, scissors: &Scissors) -> (Response, u16) {
    let service = call.asked.service;
    let outcome = match effect.kind {
        None | Some(FaultKind::Delay | FaultKind::Truncate | FaultKind::Cut) => world.answer(call),
        Some(FaultKind::Denied) => Err(Refusal::denied(call)),
        Some(FaultKind::Throttle) => Err(Refusal::throttled(service)),
        Some(FaultKind::Expired) => Err(Refusal::expired(service)),
        Some(FaultKind::Http500) => Err(Refusal::internal(service)),
        Some(FaultKind::BadGateway) => {
            const PAGE: &str =
                "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>";
            let page = [(header::CONTENT_TYPE, "text/html")];
            return ((StatusCode::BAD_GATEWAY, page, PAGE).into_response(), 502);
        }
        // What is written to a cut connection never leaves.
        Some(FaultKind::Reset | FaultKind::Hang) => {
            scissors.cut();
            return (StatusCode::OK.into_response(), 0);
        }
    };
    match outcome {
        Ok(answer) if effect.kind == Some(FaultKind::Truncate) => (answered(call, halved(answer)), 200),
        Ok(answer) if effect.kind == Some(FaultKind::Cut) => (broken_off(answer), 0),
        Ok(answer) => (answered(call, answer), 200),
        Err(refusal) => (refused(&call.asked, &refusal, &call.request), refusal.status),
    }
}

fn halved(mut answer: Answer) -> Answer {
    let half = answer.body.floor_char_boundary(answer.body.len() / 2);
    answer.body.truncate(half);
    answer
}

/// The length announces all of the body, and half of it comes.
fn broken_off(answer: Answer) -> Response {
    let announced = answer.body.len();
    let parts = [Ok(halved(answer).body), Err(io::Error::from(io::ErrorKind::ConnectionReset))];
    let body = Body::from_stream(futures::stream::iter(parts));
    ([(header::CONTENT_LENGTH, announced)], body).into_response()
}

fn answered(call: &Call, answer: Answer) -> Response {
    let mut builder = Response::builder()
        .header(header::CONTENT_TYPE, answer.content_type)
        .header(request_id_header(call.asked.service), &call.request);
    if let Some(region) = &answer.region {
        builder = builder.header("x-amz-bucket-region", region);
    }
    builder.body(Body::from(answer.body)).unwrap_or_else(|_bad| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

fn refused(asked: &Asked, refusal: &Refusal, id: &str) -> Response {
    // An answer to HEAD has no body, so that the status is all the client sees.
    let body = if asked.operation == "HeadBucket" {
        String::new()
    } else {
        refusal.body(asked.service, asked.subject.as_deref(), id)
    };
    let content_type = match asked.service {
        Service::CloudTrail | Service::Organizations => AMZ_JSON,
        service if service.is_rest_json() => JSON,
        _ => "application/xml",
    };
    let mut builder = Response::builder()
        .status(refusal.status)
        .header(header::CONTENT_TYPE, content_type)
        .header(request_id_header(asked.service), id);
    if let Some(region) = &refusal.region {
        builder = builder.header("x-amz-bucket-region", region);
    }
    if asked.service.is_rest_json() {
        builder = builder.header("x-amzn-errortype", &refusal.code);
    }
    builder.body(Body::from(body)).unwrap_or_else(|_bad| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

fn request_id_header(service: Service) -> &'static str {
    match service {
        Service::AccessAnalyzer
        | Service::Backup
        | Service::CloudTrail
        | Service::Iam
        | Service::Sts
        | Service::Ec2
        | Service::Organizations => "x-amzn-requestid",
        Service::S3 | Service::S3Control => "x-amz-request-id",
    }
}
