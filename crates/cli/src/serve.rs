//! `kqlite serve`: loads the data and answers the clients of Kusto, in a build with the feature `serve`. It must not know how requests
//! are answered.

use crate::args::Serve;
use crate::failure::Failure;

/// Serves the data until it is asked to stop.
#[cfg(not(feature = "serve"))]
pub fn serve(_: &Serve) -> Result<(), Failure> {
    Err(Failure::usage(
        "kqlite serve is not in this build\n = help: a build with the feature 'serve' has it: cargo run --release --features \
         serve -- serve --data FOLDER",
    ))
}

#[cfg(feature = "serve")]
pub use with::serve;

#[cfg(feature = "serve")]
mod with {
    use std::collections::BTreeMap;
    use std::net::{IpAddr, TcpListener};
    use std::path::{Path, PathBuf};
    use std::sync::Arc;
    use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
    use std::time::{Duration, SystemTime};

    use kqlite::{ExternalSource, Options};
    use kqlite_command::ManagedDatabase;
    use kqlite_server::{ResourceLimits, RunOptions, Server, ServerHandle, Settings, Timeouts};

    use super::{Failure, Serve};
    use crate::args::{self, DefaultLimits};
    use crate::data::data_files;
    use crate::external::ExternalFiles;
    use crate::output::{eprint_str, print_str};
    use crate::session::{self, add_named};

    /// How long between two looks at the files.
    const PAUSE: Duration = Duration::from_millis(300);

    /// The shortest token that is taken.
    const MIN_TOKEN: usize = 16;

    /// Serves the data until it is asked to stop.
    pub fn serve(arguments: &Serve) -> Result<(), Failure> {
        let settings = settings(arguments)?;
        let http = &arguments.http;
        let is_local = http.listen.ip().is_loopback();
        if !is_local && settings.token.is_none() {
            let message = format!(
                "--listen {}: other machines can reach this address, and whoever does could read all data: give \
                 --token-file FILE with a token that they must send",
                http.listen
            );
            return Err(Failure::usage(message));
        }
        if !is_local {
            eprint_str(
                "note: the token and the data go over the network as they are, without encryption: put a proxy with TLS in front\n",
            );
        }
        // A port that is taken is told before the data is loaded.
        let listener = TcpListener::bind(http.listen)
            .map_err(|error| Failure::usage(format_args!("--listen {}: {error}", http.listen)))?;
        let listening =
            listener.local_addr().map_err(|error| Failure::usage(format_args!("--listen: {error}")))?;
        let database = session::whole_database(&arguments.data)?;
        let count = database.table_names().count();
        let database = ManagedDatabase::new(arguments.data.database.as_str(), database);
        tracing_subscriber::fmt()
            .with_max_level(tracing_subscriber::filter::LevelFilter::WARN)
            .with_writer(std::io::stderr)
            .with_ansi(false)
            .init();
        print_str(&format!(
            "http://{listening} answers for the database {} with {count} {}{}\n",
            database.name(),
            if count == 1 { "table" } else { "tables" },
            if settings.writable { "; changes are allowed, and gone when it ends" } else { "" }
        ))?;
        let server = Server::new(database, settings);
        let mut watched = http.watch.then(|| Watched::new(&arguments.data)).transpose()?;
        let handle = server.handle();
        std::thread::scope(|scope| {
            let (ended, over) = channel::<()>();
            if let Some(watched) = &mut watched {
                scope.spawn(|| watched.follow(&handle, over));
            }
            let served = server.run(listener);
            drop(ended);
            served
        })
        .map_err(|error| Failure::usage(format_args!("the server ended: {error}")))
    }

    /// The files of the data, and when they were changed.
    struct Watched<'a> {
        data: &'a args::Data,
        times: Times,
    }

    /// When files were changed, and how large they are; nothing of one that is not there.
    type Times = BTreeMap<PathBuf, Option<(SystemTime, u64)>>;

    impl<'a> Watched<'a> {
        fn new(data: &'a args::Data) -> Result<Self, Failure> {
            Ok(Self { data, times: times(data)? })
        }

        /// Looks at the files now and then, and loads them anew where one has changed, until the server ends.
        fn follow(&mut self, server: &ServerHandle, over: Receiver<()>) {
            while over.recv_timeout(PAUSE) == Err(RecvTimeoutError::Timeout) {
                // Before the files are read: what changes meanwhile is a change.
                let found = match times(self.data) {
                    Ok(found) if found == self.times => continue,
                    Ok(found) => found,
                    // A folder that is not there for a moment.
                    Err(_) => continue,
                };
                match session::whole_database(self.data) {
                    Ok(database) => {
                        server.replace(database);
                        eprint_str("note: the data was loaded anew\n");
                    }
                    Err(failure) => {
                        eprint_str(failure.text());
                        eprint_str("note: the data that was there before stays\n");
                    }
                }
                self.times = found;
            }
        }
    }

    /// When the files of the data were changed.
    fn times(data: &args::Data) -> Result<Times, Failure> {
        let named =
            data.watchlist.iter().filter_map(|it| it.split_once('=')).map(|(_, path)| PathBuf::from(path));
        let files = data_files(&data.data)?.into_iter().flat_map(|it| it.paths);
        let paths = files.chain(named).chain(data.functions.iter().cloned()).chain(data.schema.clone());
        let time = |path: &PathBuf| {
            let metadata = std::fs::metadata(path).ok()?;
            Some((metadata.modified().ok()?, metadata.len()))
        };
        Ok(paths.map(|path| (path.clone(), time(&path))).collect())
    }

    fn settings(arguments: &Serve) -> Result<Settings, Failure> {
        let (data, http) = (&arguments.data, &arguments.http);
        if !data.param.is_empty() || !data.workspace.is_empty() {
            return Err(Failure::usage("--param and --workspace are for one query: a server takes neither"));
        }
        let token = http.token_file.as_deref().map(read_token).transpose()?;
        let origins = http.allow_origin.iter().map(|it| it.trim_end_matches('/').to_owned()).collect();
        let threads = session::threads(data.threads);
        let resources = ResourceLimits {
            running: http.max_running.map_or(threads, usize::from),
            waiting: http.max_waiting.into(),
            connections: http.max_connections.into(),
            body_bytes: usize::from(http.max_body_mb) << 20,
            database_bytes: data.max_load_mb.saturating_mul(1 << 20),
            ..ResourceLimits::default()
        };
        let resources = ResourceLimits {
            // A body of the largest size must fit.
            all_body_bytes: resources.all_body_bytes.max(4 * resources.body_bytes),
            ..resources
        };
        let spill = session::spill_folder(data)?;
        let files = http.ingest_from.as_deref().map(|folder| files(folder, arguments)).transpose()?;
        let host = match http.listen.ip() {
            IpAddr::V4(it) => it.to_string(),
            IpAddr::V6(it) => format!("[{it}]"),
        };
        Ok(Settings {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            writable: http.writable,
            token,
            origins,
            hosts: vec![host, data.cluster.clone()],
            now: session::given_now(data)?,
            cluster: data.cluster.clone(),
            principal: data.principal.clone(),
            strict: data.strict,
            // Queries share the cores.
            threads: (threads / resources.running).max(1),
            limits: data.limits.limits(&DefaultLimits::SERVER),
            resources,
            timeouts: Timeouts { query: data.limits.time(&DefaultLimits::SERVER), ..Timeouts::default() },
            files,
            prepare: Some(Arc::new(add_named)),
            run_options: spill.map(|folder| -> RunOptions {
                Arc::new(move |options: Options| {
                    let folder = folder.clone();
                    options.spill_to(move || tempfile::tempfile_in(&folder))
                })
            }),
            ..Settings::default()
        })
    }

    fn read_token(path: &Path) -> Result<String, Failure> {
        let text = std::fs::read_to_string(path).map_err(|error| Failure::file(path, &error))?;
        let token = text.trim();
        if token.len() < MIN_TOKEN || !token.bytes().all(|it| it.is_ascii_graphic()) {
            return Err(Failure::usage(format_args!(
                "{}: a token is one word of at least {MIN_TOKEN} letters, digits and signs",
                path.display()
            )));
        }
        Ok(token.to_owned())
    }

    /// The files of a folder, by their names.
    fn files(folder: &Path, arguments: &Serve) -> Result<Arc<dyn ExternalSource>, Failure> {
        if !folder.is_dir() {
            return Err(Failure::usage(format_args!("--ingest-from: {} is no folder", folder.display())));
        }
        let options = session::read_options(&arguments.data)?;
        Ok(Arc::new(ExternalFiles::new(&[folder.display().to_string()], options)?))
    }
}
