//! How a server is set up. It must not know requests.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use kqlite::{CompileLimits, Database, DateTime, ExternalSource, Limits, Options};

/// Adds to a database what a query names and the server does not hold: it is called before a query is compiled, with its text.
pub type Prepare = Arc<dyn Fn(&mut Database, &str) + Send + Sync>;

/// Adds to the options of a run.
pub type RunOptions = Arc<dyn Fn(Options) -> Options + Send + Sync>;

/// How a server is set up. The defaults suit a program that only this machine can reach.
#[derive(Clone)]
pub struct Settings {
    /// The version of the program, for `.show version`.
    pub version: String,
    /// Whether commands that write, and ingestion, are allowed.
    pub writable: bool,
    /// What clients must send as a bearer token, if there is one.
    pub token: Option<String>,
    /// The web pages that may ask, by their origins, such as `https://dataexplorer.azure.com`.
    pub origins: Vec<String>,
    /// Names of this server that may stand in the header `Host`, beside those of the machine itself. Without a token no others
    /// are answered, so that no web page reaches the server under a name of its own.
    pub hosts: Vec<String>,
    /// What `now()` is, if not the time.
    pub now: Option<DateTime>,
    /// What `current_cluster_endpoint()` is.
    pub cluster: String,
    /// What `current_principal()` is.
    pub principal: Option<String>,
    /// Whether a value of which it is not known what the real engine gives for it is an error.
    pub strict: bool,
    /// How many threads a query may use.
    pub threads: usize,
    /// How much a query may use.
    pub limits: Limits,
    /// How large a query's text may be, and what it may use while it is compiled.
    pub compile_limits: CompileLimits,
    /// How much all requests may use together.
    pub resources: ResourceLimits,
    /// How long things may take.
    pub timeouts: Timeouts,
    /// The files that `.ingest into` may read.
    pub files: Option<Arc<dyn ExternalSource>>,
    /// Adds what a query names.
    pub prepare: Option<Prepare>,
    /// What else runs have, such as where rows go that have no room in memory.
    pub run_options: Option<RunOptions>,
}

/// How much all requests may use together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResourceLimits {
    /// How many queries and commands may run at once.
    pub running: usize,
    /// How many may wait for their turn; others are turned away.
    pub waiting: usize,
    /// How many connections there may be; others wait.
    pub connections: usize,
    /// The most bytes of a request's body, unpacked.
    pub body_bytes: usize,
    /// The most bytes of all bodies together.
    pub all_body_bytes: usize,
    /// The most bytes of all answers that were not sent yet.
    pub all_answer_bytes: usize,
    /// The most bytes that the tables may take after a change.
    pub database_bytes: usize,
    /// The most records of an answer, unless its request asks for other limits.
    pub records: usize,
    /// The most bytes of an answer, unless its request asks for other limits.
    pub record_bytes: usize,
}

/// How long things may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// A query, whatever its request asks for.
    pub query: Option<Duration>,
    /// From the beginning of a connection, or the end of an answer, to the last header of a request.
    pub headers: Duration,
    /// The body of a request.
    pub body: Duration,
    /// How long a client may take none of its answer.
    pub write: Duration,
    /// How long queries may go on when the server is asked to stop.
    pub stop: Duration,
}

impl Default for ResourceLimits {
    /// One query a core, 64 waiting, 512 connections, bodies of 64 MB and 256 MB together, answers of 1 GB together; tables of 8 GB; 500,000
    /// records or 64 MB an answer, as Kusto has it.
    fn default() -> Self {
        Self {
            running: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            waiting: 64,
            connections: 512,
            body_bytes: 64 << 20,
            all_body_bytes: 256 << 20,
            all_answer_bytes: 1 << 30,
            // On 32 bits there are not so many.
            database_bytes: usize::try_from(8_u64 << 30).unwrap_or(usize::MAX),
            records: 500_000,
            record_bytes: 64 << 20,
        }
    }
}

impl Default for Timeouts {
    /// A minute for a query, 30 seconds for headers, bodies and clients that do not read, 5 seconds to stop.
    fn default() -> Self {
        let half = Duration::from_secs(30);
        Self {
            query: Some(Duration::from_secs(60)),
            headers: half,
            body: half,
            write: half,
            stop: Duration::from_secs(5),
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            writable: false,
            token: None,
            origins: Vec::new(),
            hosts: Vec::new(),
            now: None,
            cluster: "localhost".to_owned(),
            principal: None,
            strict: false,
            threads: 1,
            limits: Limits::default(),
            compile_limits: CompileLimits::default(),
            resources: ResourceLimits::default(),
            timeouts: Timeouts::default(),
            files: None,
            prepare: None,
            run_options: None,
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The token is nobody's business.
        f.debug_struct("Settings").field("writable", &self.writable).finish_non_exhaustive()
    }
}
