//! A real PostgreSQL for the tests of the ledger: one server for the test binary, a database per test.
//!
//! It keeps its data under the temporary folder, listens on loopback only, and runs as a user that is
//! not root, since it refuses to be. A watcher ends it when this process ends, however it ends.

use std::fs;
use std::io::Write;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{LazyLock, Mutex};
use std::time::Duration;

use plimsoll::ledger::Ledger;
use plimsoll::model::LedgerPlace;
use sqlx::{Connection, Executor};

/// The password of the server's user: no error and no log may show it.
pub(crate) const PASSWORD: &str = "pa55-of-the-tests";
const USER: &str = "plimsoll";

/// Where a ledger lives in a test; it goes with it.
pub(crate) enum Home {
    File(tempfile::TempDir),
    Postgres(String),
}

impl Home {
    pub(crate) fn file() -> Self {
        Self::File(tempfile::tempdir().unwrap())
    }

    /// A new database; `None`, and loudly so, where PostgreSQL is not installed.
    pub(crate) async fn postgres() -> Option<Self> {
        Some(Self::Postgres(SHARED.as_ref()?.database().await))
    }

    pub(crate) fn place(&self) -> LedgerPlace {
        match self {
            Self::File(folder) => LedgerPlace::File(folder.path().join("ledger.db")),
            Self::Postgres(url) => LedgerPlace::new(url),
        }
    }

    pub(crate) async fn ledger(&self) -> Ledger {
        Ledger::open(&self.place()).await.unwrap()
    }

    /// What `--ledger` takes.
    pub(crate) fn argument(&self) -> String {
        match self {
            Self::File(folder) => folder.path().join("ledger.db").to_str().unwrap().to_owned(),
            Self::Postgres(url) => url.clone(),
        }
    }

    /// Does to the rows what no verb does.
    pub(crate) async fn tamper(&self, sql: &'static str) {
        match self {
            Self::File(folder) => {
                let options = sqlx::sqlite::SqliteConnectOptions::new().filename(folder.path().join("ledger.db"));
                let mut connection = sqlx::SqliteConnection::connect_with(&options.foreign_keys(false)).await.unwrap();
                connection.execute(sql).await.unwrap();
                connection.close().await.unwrap();
            }
            Self::Postgres(url) => {
                let mut connection = sqlx::PgConnection::connect(url).await.unwrap();
                connection.execute("SET session_replication_role = replica").await.unwrap();
                connection.execute(sql).await.unwrap();
                connection.close().await.unwrap();
            }
        }
    }
}

static SHARED: LazyLock<Option<Server>> = LazyLock::new(Server::start);

/// A running server.
pub(crate) struct Server {
    folder: PathBuf,
    programs: PathBuf,
    port: u16,
    postgres: Mutex<Child>,
    /// When this end is closed, by whatever end of this process, the watcher ends the server.
    _watched: ChildStdin,
    databases: AtomicU32,
}

impl Server {
    /// Makes a data directory and starts a server on it; `None`, and loudly so, where PostgreSQL is
    /// not installed.
    pub(crate) fn start() -> Option<Self> {
        let programs = programs()?;
        let folder = tempfile::Builder::new().prefix("plimsoll-postgres-").tempdir().unwrap().keep();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
        let data = folder.join("data");
        fs::create_dir(&data).unwrap();
        fs::write(folder.join("password"), PASSWORD).unwrap();
        own(&folder);
        own(&data);
        let mut initdb = unprivileged(&programs.join("initdb"));
        initdb.args(["--username", USER, "--auth=scram-sha-256", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8"]);
        initdb.arg("--pwfile").arg(folder.join("password")).arg("-D").arg(&data);
        let made = initdb.output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let postgres = run(&programs, &folder, port);
        let watched = watch(&folder);
        let server = Self {
            folder,
            programs,
            port,
            postgres: Mutex::new(postgres),
            _watched: watched,
            databases: AtomicU32::new(0),
        };
        server.wait();
        Some(server)
    }

    /// An address of a new and empty database.
    pub(crate) async fn database(&self) -> String {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let mut connection = sqlx::PgConnection::connect(&self.url("postgres")).await.unwrap();
        connection.execute(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"))).await.unwrap();
        connection.close().await.unwrap();
        self.url(&name)
    }

    fn url(&self, database: &str) -> String {
        format!("postgres://{USER}:{PASSWORD}@127.0.0.1:{}/{database}", self.port)
    }

    /// Ends the server as an operator in a hurry does: all connections are cut.
    pub(crate) fn stop(&self) {
        let mut postgres = self.postgres.lock().unwrap();
        signal("INT", postgres.id());
        postgres.wait().unwrap();
    }

    /// Leaves it there, and lets it answer nobody new.
    pub(crate) fn freeze(&self) {
        signal("STOP", self.postgres.lock().unwrap().id());
    }

    pub(crate) fn thaw(&self) {
        signal("CONT", self.postgres.lock().unwrap().id());
    }

    /// Takes connections with TLS from the next start on, by a certificate that it signs itself; gives
    /// its file. `None`, and loudly so, where openssl is not installed.
    pub(crate) fn encrypt(&self) -> Option<PathBuf> {
        crate::tools::find("openssl", "openssl")?;
        let data = self.folder.join("data");
        let made = unprivileged(Path::new("openssl"))
            .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"])
            .args(["-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE"])
            .arg("-keyout")
            .arg(data.join("server.key"))
            .arg("-out")
            .arg(data.join("server.crt"))
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let mut settings = fs::OpenOptions::new().append(true).open(data.join("postgresql.conf")).unwrap();
        writeln!(settings, "ssl = on").unwrap();
        let certificate = self.folder.join("server.crt");
        fs::copy(data.join("server.crt"), &certificate).unwrap();
        Some(certificate)
    }

    pub(crate) fn start_again(&self) {
        *self.postgres.lock().unwrap() = run(&self.programs, &self.folder, self.port);
        self.wait();
    }

    fn wait(&self) {
        for _ in 0..300 {
            let mut ready = Command::new(self.programs.join("pg_isready"));
            ready.args(["-q", "-h", "127.0.0.1", "-p", &self.port.to_string()]);
            if ready.status().unwrap().success() {
                return;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        assert!(log.is_empty(), "PostgreSQL does not start: {log}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
        drop(fs::remove_dir_all(&self.folder));
    }
}

fn run(programs: &Path, folder: &Path, port: u16) -> Child {
    let log = fs::OpenOptions::new().create(true).append(true).open(folder.join("log")).unwrap();
    let mut postgres = unprivileged(&programs.join("postgres"));
    postgres.arg("-D").arg(folder.join("data")).args(["-p", &port.to_string()]);
    for setting in [
        "listen_addresses=127.0.0.1",
        "unix_socket_directories=",
        "fsync=off",
        "synchronous_commit=off",
        "full_page_writes=off",
        "max_connections=300",
        "shared_buffers=16MB",
    ] {
        postgres.args(["-c", setting]);
    }
    let child = postgres.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
    fs::write(folder.join("pid"), child.id().to_string()).unwrap();
    child
}

#[expect(clippy::zombie_processes, reason = "it outlives this process by design")]
/// Waits for the end of this process, which closes the pipe, and then ends the server by its number.
fn watch(folder: &Path) -> ChildStdin {
    let script = "cat >/dev/null; kill -INT \"$(cat pid)\" 2>/dev/null; sleep 1; rm -rf \"$PWD\"";
    let mut watcher = Command::new("sh");
    watcher.args(["-c", script]).current_dir(folder).process_group(0);
    let mut child = watcher.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    child.stdin.take().unwrap()
}

/// The folder of the newest PostgreSQL's programs. Debian has them in none of the `PATH`.
fn programs() -> Option<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .map(|version| version.unwrap().path().join("bin"))
        .filter(|programs| programs.join("postgres").is_file())
        .collect();
    found.sort();
    let of_the_path = || crate::tools::find("initdb", "postgresql").map(|file| file.parent().unwrap().to_owned());
    found.pop().or_else(of_the_path)
}

/// Whom the server runs as: `postgres` when we are root, else ourselves.
fn user() -> Option<(u32, u32)> {
    use std::os::unix::fs::MetadataExt;
    if fs::metadata("/proc/self").unwrap().uid() != 0 {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").unwrap();
    let of = |name: &str| {
        let fields: Vec<&str> = users.lines().find(|line| line.starts_with(&format!("{name}:")))?.split(':').collect();
        Some((fields[2].parse().unwrap(), fields[3].parse().unwrap()))
    };
    of("postgres").or_else(|| of("nobody"))
}

fn unprivileged(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir("/").env_remove("PGPASSWORD");
    if let Some((user, group)) = user() {
        command.uid(user).gid(group);
    }
    command
}

fn own(path: &Path) {
    if let Some((user, group)) = user() {
        std::os::unix::fs::chown(path, Some(user), Some(group)).unwrap();
    }
}

fn signal(name: &str, process: u32) {
    let sent = Command::new("kill").args([&format!("-{name}"), &process.to_string()]).status().unwrap();
    assert!(sent.success());
}
