//! Runs a request on a thread of its own: a query over the database as it is, or a command. It must not know how requests come and
//! how answers are written.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use kqlite::{CompileOptions, Database, DateTime, NamedTable, Options, Query, Session, Table};
use kqlite_command::{Effect, Interpreter, ManagedDatabase, is_command};

use crate::answer::{Answer, Truncation};
use crate::failure::Failure;
use crate::parameters;
use crate::properties::Properties;
use crate::request::Request;
use crate::request_id::RequestId;
use crate::state::ServerState;
use crate::time_range::TimeRange;

/// Sets a flag when nobody waits for an answer any more.
struct CancelOnDrop(Arc<AtomicBool>);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// What a piece of work gets: the ids of its request, and the flag that says that nobody waits for it.
pub(crate) struct Job {
    pub id: RequestId,
    cancelled: Arc<AtomicBool>,
    start: Instant,
}

/// Does something on a thread that may block, once there is a place for it. If whoever waits for it goes away, it is asked to
/// end, and its place is free when it has.
pub(crate) async fn on_thread<T: Send + 'static>(
    state: &Arc<ServerState>,
    id: &RequestId,
    work: impl FnOnce(&Arc<ServerState>, &Job) -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    let place = state.admission.enter(&state.metrics).await?;
    let cancelled = Arc::new(AtomicBool::new(false));
    let _guard = CancelOnDrop(cancelled.clone());
    let job = Job { id: id.clone(), cancelled, start: Instant::now() };
    let shared = state.clone();
    let done = tokio::task::spawn_blocking(move || {
        let _place = place;
        let done = work(&shared, &job);
        shared.metrics.ran(job.start.elapsed());
        done
    });
    done.await.unwrap_or_else(|error| match error.is_panic() {
        true => {
            tracing::error!(activity = %id.activity, "a request ended in a panic");
            Err(Failure::internal("a bug in kqlite: the request ended in a panic"))
        }
        false => Err(Failure::stopping()),
    })
}

/// Runs a query or a command.
pub(crate) fn run(state: &ServerState, job: &Job, mut request: Request) -> Result<Answer, Failure> {
    check_database(state, request.database.as_deref())?;
    if is_command(&request.text) {
        return command(state, job, &request.text, &request.properties);
    }
    request.properties.follow(&request.text)?;
    query(state, job, &request.text, &request.properties, None)
}

/// The database of the name is the one that there is.
pub(crate) fn check_database(state: &ServerState, name: Option<&str>) -> Result<(), Failure> {
    let known = state.database();
    match name {
        Some(name) if !name.eq_ignore_ascii_case(known.name()) => Err(Failure::not_found("Database", name)),
        _ => Ok(()),
    }
}

/// Runs a query; of tables with a column `TimeGenerated` it sees the rows of a range alone, if there is one.
pub(crate) fn query(
    state: &ServerState,
    job: &Job,
    text: &str,
    properties: &Properties,
    range: Option<&TimeRange>,
) -> Result<Answer, Failure> {
    let now = properties.now.unwrap_or_else(|| state.now());
    let mut database = state.database().database().clone();
    if let Some(prepare) = &state.settings.prepare {
        prepare(&mut database, text);
    }
    let query = compile(state, job, &database, text, properties)?;
    let options = parameters::bind(&query, &properties.parameters, options(state, job, properties, now))?;
    if let Some(range) = range {
        range.apply(&query, &mut database, &options)?;
    }
    let tables = query.run_all(&database, &options).map_err(|error| Failure::of_query(&error))?;
    let tables = tables.into_iter().map(|it| taken(it, properties.take)).collect();
    Ok(answer(state, job, tables, properties, false, query.is_ordered()))
}

fn compile(
    state: &ServerState,
    job: &Job,
    database: &Database,
    text: &str,
    properties: &Properties,
) -> Result<Query, Failure> {
    let start = job.start;
    let mut options =
        CompileOptions::default().limits(state.settings.compile_limits).cancel(job.cancelled.clone());
    if let Some(limit) = timeout(state, properties) {
        options = options.time_limit(limit, move || start.elapsed());
    }
    database.compile_with(text, &options).map_err(|error| Failure::of_query(&error))
}

fn command(state: &ServerState, job: &Job, text: &str, properties: &Properties) -> Result<Answer, Failure> {
    let entry = kqlite_command::find(text).map_err(|error| Failure::of_command(&error))?;
    let now = properties.now.unwrap_or_else(|| state.now());
    let options = options(state, job, properties, now);
    let failed = |error: kqlite_command::CommandError| Failure::of_command(&error);
    let table = match entry.effect {
        Effect::Reads => {
            let (database, environment) = (state.database(), state.environment());
            Interpreter::new(&database, &environment, &options).run(text).map_err(failed)?
        }
        Effect::Writes => {
            check_writable(state, properties.read_only, entry.name)?;
            write(state, &options, |interpreter| interpreter.run(text).map_err(failed))?
        }
    };
    let table = taken(NamedTable { name: "Table_0".to_owned(), table }, properties.take);
    Ok(answer(state, job, vec![table], properties, true, false))
}

/// Changes the database: others see all of it or nothing.
pub(crate) fn write<T>(
    state: &ServerState,
    options: &Options,
    change: impl FnOnce(&mut Interpreter<'_>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let lock = state.snapshot.lock();
    let (database, environment) = (state.database(), state.environment());
    let mut interpreter = Interpreter::new(&database, &environment, options);
    let given = change(&mut interpreter)?;
    if let Some(changed) = interpreter.into_changed() {
        let (before, after) = (byte_size(&database), byte_size(&changed));
        let most = state.settings.resources.database_bytes;
        // What makes it smaller is always welcome.
        if after > most && after > before {
            return Err(Failure::database_is_full(most));
        }
        lock.replace(changed);
    }
    Ok(given)
}

/// About how many bytes the tables in memory take.
fn byte_size(database: &ManagedDatabase) -> usize {
    let tables = database.database();
    tables.table_names().filter_map(|name| tables.table_size(name)).map(|(_, bytes)| bytes).sum()
}

/// Whether something may be changed.
pub(crate) fn check_writable(state: &ServerState, read_only: bool, what: &str) -> Result<(), Failure> {
    if !state.settings.writable {
        return Err(Failure::forbidden(format!(
            "{what} changes the database; this server was started without --writable"
        )));
    }
    if read_only {
        return Err(Failure::forbidden(format!("{what} changes the database, and the request is read-only")));
    }
    Ok(())
}

/// The longest time of a request: what it asks for, if the server allows so much.
fn timeout(state: &ServerState, properties: &Properties) -> Option<Duration> {
    match (properties.timeout.flatten(), state.settings.timeouts.query) {
        (Some(asked), Some(most)) => Some(asked.min(most)),
        (asked, most) => asked.or(most),
    }
}

/// How something is run: within the limits of the server and of the request, until nobody waits for it.
pub(crate) fn options(state: &ServerState, job: &Job, properties: &Properties, now: DateTime) -> Options {
    let settings = &state.settings;
    let start = job.start;
    let mut options = Options::new(now)
        .seed(job.id.seed())
        .threads(settings.threads)
        .limits(settings.limits)
        .strict(settings.strict)
        .cancel(job.cancelled.clone())
        .session(Session {
            database: state.database().name().to_owned(),
            cluster: settings.cluster.clone(),
            principal: settings.principal.clone(),
            ..Session::default()
        });
    if let Some(limit) = timeout(state, properties) {
        options = options.time_limit(limit, move || start.elapsed());
    }
    match &settings.run_options {
        Some(add) => add(options),
        None => options,
    }
}

/// The first rows, if no more are asked for.
fn taken(it: NamedTable, most: Option<usize>) -> NamedTable {
    match most {
        Some(most) if most < it.table.len() => {
            let first = Table::from_chunks(it.table.schema().clone(), &[it.table.chunk(0, most)]);
            let table = first.with_visualization(it.table.visualization().cloned());
            NamedTable { table, ..it }
        }
        _ => it,
    }
}

fn answer(
    state: &ServerState,
    job: &Job,
    tables: Vec<NamedTable>,
    properties: &Properties,
    of_command: bool,
    is_ordered: bool,
) -> Answer {
    let resources = state.settings.resources;
    let truncation = match properties.no_truncation {
        true => Truncation { records: usize::MAX, bytes: usize::MAX },
        false => Truncation {
            records: properties.max_records.unwrap_or(resources.records),
            bytes: properties.max_bytes.unwrap_or(resources.record_bytes),
        },
    };
    // The answers that are written down at the same time have the memory of all answers together.
    let share = resources.all_answer_bytes / state.admission.total();
    let truncation = Truncation { bytes: truncation.bytes.min(share), ..truncation };
    let rows: usize = tables.iter().map(|it| it.table.len().min(truncation.records)).sum();
    state.metrics.rows.inc_by(rows as u64);
    Answer {
        tables,
        of_command,
        is_ordered,
        truncation,
        placement: properties.placement,
        fragmented: properties.fragmented,
        id: job.id.clone(),
        at: state.now(),
    }
}
