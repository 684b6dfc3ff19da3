//! The arguments of the command line. It must not know what is done with them.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use kqlite::{DataFormat, Limits};

use crate::failure::Failure;
use crate::layout::TextLayout;

/// Runs, checks and formats KQL, the Kusto Query Language.
#[derive(Debug, Parser)]
#[command(name = "kqlite", version, max_term_width = 100)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Command,
}

impl Arguments {
    /// The arguments of the process. Data and nothing to do with it opens the prompt.
    pub fn of_process() -> Self {
        let mut given: Vec<OsString> = std::env::args_os().collect();
        if given
            .get(1)
            .and_then(|it| it.to_str())
            .is_some_and(|it| it == "--data" || it.starts_with("--data="))
        {
            given.insert(1, "repl".into());
        }
        Self::parse_from(given)
    }
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run a query over files and print the answer
    Run(Run),
    /// Say what is wrong with queries, without running them
    Check(Check),
    /// Run the tests of rules: files *.test.yaml
    Test(Test),
    /// Format queries in place
    Fmt(Fmt),
    /// Tell what each step of a query did: rows in and out, columns, a sample
    Explain(Explain),
    /// Tell why rows are not in the answer, or where a row of the answer came from
    Why(Why),
    /// Show the columns of tables as their files are read, in the form that --schema takes
    Types(Types),
    /// Show the plan of a query: the relational operators that it is run as
    Plan(Plan),
    /// Explain a part of the language, with examples; without a name, list all of them
    Docs {
        /// A statement, operator, function, plugin or type, such as summarize, has, strlen, bag_unpack, datetime
        #[arg(allow_hyphen_values = true)]
        name: Vec<String>,
    },
    /// Print the JSON Schema of test files, or of kqlite.yaml, with the columns of all tables, for editors
    Schema(SchemaOf),
    /// Load once, run a query many times and print the times as JSON
    Bench(Bench),
    /// Answer the clients of Kusto over HTTP (needs a build with the feature serve)
    Serve(Serve),
    /// Type queries at a prompt, with completion (needs a build with the feature repl); --data alone does the same
    Repl(Repl),
}

/// A query and where its tables come from.
#[derive(Debug, Args)]
pub struct Source {
    /// The query, a file with it (.kql, .csl, .txt, or a Sentinel rule: .yaml, .yml, .json), or - for the standard input
    pub query: Option<String>,
    /// A file with the query, whatever its name
    #[arg(long, value_name = "FILE", conflicts_with = "query")]
    pub query_file: Option<PathBuf>,
    #[command(flatten)]
    pub data: Data,
}

#[derive(Debug, Clone, Args)]
pub struct Data {
    /// A table's data: .json, .ndjson, .jsonl, .csv, .tsv, or one of these with .gz, .zst, .bz2 or .zip; .parquet, .arrow,
    /// .feather (in a build with the feature parquet); or a folder with a file or a folder a table. With a name, a folder or a
    /// pattern such as 'SigninLogs=logs/*.json.gz' is one table
    #[arg(long = "data", value_name = "[NAME=]PATH")]
    pub data: Vec<String>,
    /// The tables of another workspace: a folder with a file a table, which workspace('NAME').Table reads
    #[arg(long, value_name = "NAME=FOLDER")]
    pub workspace: Vec<String>,
    /// The columns of tables: {"Table": {"Column": "type"}}; other tables have the built-in columns
    #[arg(long, value_name = "FILE")]
    pub schema: Option<PathBuf>,
    /// A file that stands for the address of an externaldata operator, or a folder with files that are called as the last
    /// parts of addresses; also packed by gzip or zip
    #[arg(long, value_name = "URL=PATH|FOLDER")]
    pub external: Vec<String>,
    /// Where addresses are, for geo_info_from_ip_address: MaxMind's .mmdb, or a table of ranges (.csv, .tsv, .json, .ndjson)
    /// with the columns network, or start and end, and country, state, city, latitude, longitude
    #[arg(long, value_name = "FILE")]
    pub geoip: Option<PathBuf>,
    /// The rows of a watchlist, which _GetWatchlist('NAME') gives; its columns are texts
    #[arg(long, value_name = "NAME=FILE")]
    pub watchlist: Vec<String>,
    /// Functions that the query may call: a .kql file with `let name = (…) {…};`, such as parsers
    #[arg(long, value_name = "FILE")]
    pub functions: Vec<PathBuf>,
    #[command(flatten)]
    pub layout: Layout,
    /// What to do with a row that does not fit its table
    #[arg(long, value_enum, default_value_t = OnBadRow::Fail)]
    pub on_bad_row: OnBadRow,
    /// What now() is; the clock's time by default
    #[arg(long, value_name = "TIME")]
    pub now: Option<String>,
    /// A query parameter
    #[arg(long, value_name = "NAME=VALUE")]
    pub param: Vec<String>,
    /// What current_database() is
    #[arg(long, value_name = "NAME", default_value = "NetDefaultDB")]
    pub database: String,
    /// What current_cluster_endpoint() is
    #[arg(long, value_name = "HOST", default_value = "localhost")]
    pub cluster: String,
    /// What current_principal() is, such as aaduser=ID;TENANT
    #[arg(long, value_name = "NAME")]
    pub principal: Option<String>,
    /// Stop at a value for which it is not known what the real engine gives, rather than warn
    #[arg(long)]
    pub strict: bool,
    /// How many threads to use; as many as there are cores by default
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
    #[command(flatten)]
    pub limits: QueryLimits,
    /// Rows that --max-mb has no room for are put into files in this folder, which go with the query
    #[arg(long, value_name = "FOLDER", help_heading = "Limits")]
    pub spill_dir: Option<PathBuf>,
    /// Loading stops where the tables take more memory than this, in megabytes, or one row more than a 128th of it
    #[arg(long, value_name = "N", help_heading = "Limits", default_value_t = 8192)]
    pub max_load_mb: usize,
}

/// How text files are laid out, where that cannot be seen.
#[derive(Debug, Clone, Args)]
pub struct Layout {
    /// The format of files whose names do not tell it, such as conn.log; of txt each line is a row with the one column Column1
    #[arg(long, value_name = "FORMAT", help_heading = "Text files", value_parser = ["csv", "tsv", "json", "ndjson", "txt"])]
    data_format: Option<String>,
    /// How text is encoded, such as windows-1252, utf-16 or shift_jis; UTF-8 by default, or UTF-16 with its byte order mark
    #[arg(long, value_name = "NAME", help_heading = "Text files")]
    encoding: Option<String>,
    /// What separates the fields of .csv and .tsv: one character, or tab; found by looking by default
    #[arg(long, value_name = "CHAR", help_heading = "Text files")]
    delimiter: Option<String>,
    /// So many lines come before the header
    #[arg(long, value_name = "N", help_heading = "Text files", default_value_t = 0)]
    skip_lines: usize,
    /// There is no header: the columns are Column1, Column2 and so on
    #[arg(long, help_heading = "Text files")]
    no_header: bool,
    /// What quotes fields of .csv and .tsv: one character, or none
    #[arg(long, value_name = "CHAR", help_heading = "Text files", default_value = "\"")]
    quote: String,
    /// What stands before a quote in a quoted field, such as a backslash; there quotes are doubled by default
    #[arg(long, value_name = "CHAR", help_heading = "Text files")]
    escape: Option<String>,
    /// What to do with rows of .csv and .tsv that have more or fewer fields than the header
    #[arg(long, value_enum, help_heading = "Text files", default_value_t = RaggedRows::Error)]
    ragged: RaggedRows,
    /// What comes first in dates such as 6/30/2024: the month, or the day
    #[arg(long, value_enum, help_heading = "Text files", default_value_t = DateOrder::Mdy)]
    dates: DateOrder,
    /// What stands before the fraction of numbers
    #[arg(long, value_name = "CHAR", help_heading = "Text files", default_value = ".", value_parser = [".", ","])]
    decimal: String,
    /// Inside of what the rows of .json stand: names with points between them
    #[arg(long, value_name = "NAMES", help_heading = "Text files")]
    path: Option<String>,
}

/// What comes first in dates with slashes or points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum DateOrder {
    Mdy,
    Dmy,
}

/// What is done with rows that have more or fewer fields than the header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum RaggedRows {
    /// They do not fit
    Error,
    /// Missing fields are null, further ones get columns
    Pad,
}

/// The one ASCII character of an option, or tab.
fn character(option: &str, given: &str) -> Result<u8, Failure> {
    match (given, given.as_bytes()) {
        ("tab" | "\\t", _) => Ok(b'\t'),
        (_, [byte]) if byte.is_ascii() && !matches!(byte, b'\n' | b'\r') => Ok(*byte),
        _ => Err(Failure::usage(format_args!("{option} {given}: one ASCII character, or tab"))),
    }
}

impl Layout {
    /// How text is laid out.
    pub fn layout(&self) -> Result<TextLayout, Failure> {
        let given = |option: &str, text: Option<&str>| text.map(|text| character(option, text)).transpose();
        let delimiter = given("--delimiter", self.delimiter.as_deref())?;
        let quote = given("--quote", Some(&*self.quote).filter(|it| !matches!(*it, "none" | "")))?;
        let escape = given("--escape", self.escape.as_deref())?;
        if delimiter.is_some() && (delimiter == quote || delimiter == escape) {
            return Err(Failure::usage("--delimiter is the character that quotes or escapes, too"));
        }
        let encoding = self.encoding.as_deref().map(|name| {
            encoding_rs::Encoding::for_label_no_replacement(name.as_bytes()).ok_or_else(|| {
                let message = format_args!(
                    "--encoding {name}: there is no such encoding; there are utf-8, utf-16le, utf-16be, windows-1252, \
                     iso-8859-2, shift_jis and others of the WHATWG's list"
                );
                Failure::usage(message)
            })
        });
        let is_text = self.data_format.as_deref() == Some("txt");
        let format = match self.data_format.as_deref() {
            Some("txt") => Some(DataFormat::Csv),
            name => name.and_then(|name| name.parse().ok()),
        };
        Ok(TextLayout {
            format,
            encoding: encoding.transpose()?,
            // No text has it.
            delimiter: if is_text { Some(0) } else { delimiter },
            quote: quote.filter(|_| !is_text),
            escape,
            ragged: self.ragged == RaggedRows::Pad,
            skip_lines: self.skip_lines,
            no_header: self.no_header || is_text,
            day_first: self.dates == DateOrder::Dmy,
            decimal_comma: self.decimal == ",",
            path: self.path.clone(),
        })
    }
}

/// How much a query may use: the same for all commands that run queries, but for the defaults.
#[derive(Debug, Clone, Args)]
pub struct QueryLimits {
    /// A query that takes longer than this is stopped; 0 is no limit [default: 60; of test: 10]
    #[arg(long, value_name = "SECONDS", help_heading = "Limits")]
    timeout: Option<u64>,
    /// A query is stopped where an operator gives more rows than this [default: 100000000; of test: 1000000]
    #[arg(long, value_name = "N", help_heading = "Limits")]
    max_rows: Option<usize>,
    /// A query is stopped where it needs more memory than this beside the tables, in megabytes [default: 4096; of serve: 1024; of test: 512]
    #[arg(long, value_name = "N", help_heading = "Limits")]
    max_mb: Option<usize>,
    /// A query is stopped where subqueries are nested deeper than this [default: 64]
    #[arg(long, value_name = "N", help_heading = "Limits", value_parser = clap::value_parser!(u16).range(1..=256))]
    max_depth: Option<u16>,
}

/// The limits of a command where nothing else is said.
pub struct DefaultLimits {
    seconds: u64,
    rows: usize,
    megabytes: usize,
}

impl DefaultLimits {
    /// Of commands that run one query, for somebody who waits for it.
    pub const QUERY: Self = Self { seconds: 60, rows: 100_000_000, megabytes: 4096 };
    /// Of a server, whose queries run side by side.
    #[cfg(feature = "serve")]
    pub const SERVER: Self = Self { seconds: 60, rows: 100_000_000, megabytes: 1024 };
    /// Of tests, which are many and small.
    pub const TEST: Self = Self { seconds: 10, rows: 1_000_000, megabytes: 512 };
}

impl QueryLimits {
    /// The longest time, if there is one.
    pub fn time(&self, otherwise: &DefaultLimits) -> Option<Duration> {
        let seconds = self.timeout.unwrap_or(otherwise.seconds);
        (seconds > 0).then(|| Duration::from_secs(seconds))
    }

    /// Rows, bytes and depth.
    pub fn limits(&self, otherwise: &DefaultLimits) -> Limits {
        let default = Limits::default();
        Limits {
            rows: self.max_rows.unwrap_or(otherwise.rows),
            bytes: self.max_mb.unwrap_or(otherwise.megabytes).saturating_mul(1 << 20),
            depth: self.max_depth.map_or(default.depth, usize::from),
        }
    }
}

/// How large the text or the file may be that a query's answer becomes.
#[derive(Debug, Args)]
pub struct OutputLimit {
    /// The command fails where it would write more than this, in megabytes; 0 is no limit
    #[arg(long, value_name = "N", help_heading = "Limits", default_value_t = 4096)]
    max_output_mb: u64,
}

impl OutputLimit {
    /// The most bytes.
    pub const fn bytes(&self) -> u64 {
        match self.max_output_mb {
            0 => u64::MAX,
            megabytes => megabytes.saturating_mul(1 << 20),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OnBadRow {
    /// Stop
    Fail,
    /// Leave the row out and say so
    Skip,
}

#[derive(Debug, Args)]
pub struct Run {
    #[command(flatten)]
    pub source: Source,
    /// The form of the answer; by default what the name after --output says, or a table
    #[arg(long, value_enum)]
    pub format: Option<Format>,
    /// The file that the answer is written to, rather than the standard output
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Draw the chart that the query asks for with `render` below the table, also where the output is no terminal
    #[arg(long)]
    pub chart: bool,
    /// Draw no chart
    #[arg(long, conflicts_with = "chart")]
    pub no_chart: bool,
    /// Say how long each stage took, on the standard error
    #[arg(long)]
    pub timing: bool,
    /// Say what each operator of the plan did: time, rows in and out, memory; on the standard error, after the answer
    #[arg(long)]
    pub profile: bool,
    #[command(flatten)]
    pub output_limit: OutputLimit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Aligned columns
    Table,
    /// An array of objects
    Json,
    /// One object a line
    Ndjson,
    /// Comma-separated values
    Csv,
    /// A Markdown table
    Markdown,
    /// Kusto's answer, version 1
    Kusto,
    /// The chart that the query asks for with `render`, as a picture
    Svg,
    /// A page with the table and the chart, which needs nothing else
    Html,
    /// A Parquet file (needs a build with the feature parquet)
    Parquet,
    /// An Arrow file (needs a build with the feature parquet)
    Arrow,
}

#[derive(Debug, Args)]
pub struct Explain {
    #[command(flatten)]
    pub source: Source,
    #[command(flatten)]
    pub report: ReportOutput,
    /// How many rows of each intermediate table to show, at most 10
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub rows: usize,
}

#[derive(Debug, Args)]
pub struct Plan {
    #[command(flatten)]
    pub source: Source,
    /// The plan as it is bound, and after each rewrite that changes it
    #[arg(long)]
    pub each: bool,
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("about").required(true).args(["row", "condition", "result"]))]
pub struct Why {
    #[command(flatten)]
    pub source: Source,
    /// A row of a table, such as 'EmailEvents[3]'; rows count from 0. May be given several times
    #[arg(long, value_name = "TABLE[ROW]")]
    pub row: Vec<String>,
    /// All rows of a table that meet a condition, such as 'Subject has "invoice"'
    #[arg(long = "where", value_name = "CONDITION", conflicts_with = "row")]
    pub condition: Option<String>,
    /// The table for --where, if the condition fits several
    #[arg(long, value_name = "TABLE", requires = "condition")]
    pub table: Option<String>,
    /// A row of the answer, counted from 0: which rows it was made of. If the query gives several tables, it is one of the
    /// first
    #[arg(long, value_name = "N", conflicts_with_all = ["row", "condition"])]
    pub result: Option<usize>,
    #[command(flatten)]
    pub report: ReportOutput,
}

#[derive(Debug, Args)]
pub struct Repl {
    #[command(flatten)]
    pub data: Data,
    /// Keep nothing of what is typed
    #[arg(long)]
    pub no_history: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// Text for people
    Text,
    /// JSON for programs
    Json,
    /// A page to click through, in one file
    Html,
}

/// The format of a report, and where it goes.
#[derive(Debug, Args)]
pub struct ReportOutput {
    /// By default what the name after --output says, or text
    #[arg(long, value_enum)]
    pub format: Option<ReportFormat>,
    /// The file that it is written to, rather than the standard output
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    #[command(flatten)]
    pub output_limit: OutputLimit,
}

impl ReportOutput {
    /// The format: the one that is asked for, or by the file's name.
    pub fn format(&self) -> ReportFormat {
        let ending = self.output.as_ref().and_then(|it| it.extension()).and_then(|it| it.to_str());
        let by_name = match ending.map(str::to_ascii_lowercase).as_deref() {
            Some("html" | "htm") => ReportFormat::Html,
            Some("json") => ReportFormat::Json,
            _ => ReportFormat::Text,
        };
        self.format.unwrap_or(by_name)
    }
}

/// Which files may be read.
#[derive(Debug, Args)]
pub struct Reach {
    /// Files outside of this folder are not read, wherever a path or a link leads. By default, where CI=true is set, the
    /// repository of each PATH, else PATH itself; otherwise none is refused
    #[arg(long, value_name = "DIR")]
    pub root: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Check {
    /// Files or folders with queries or rules; - reads JSON lines {"id", "query"} from the standard input
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// For people, for programs, or for code scanning
    #[arg(long, value_enum, default_value_t = CheckFormat::Human)]
    pub format: CheckFormat,
    /// Fail on warnings too
    #[arg(long)]
    pub strict: bool,
    /// Name the files that are passed over, and what is passed over in others
    #[arg(long, short)]
    pub verbose: bool,
    /// The columns of tables: {"Table": {"Column": "type"}}; other tables have the built-in columns
    #[arg(long, value_name = "FILE")]
    pub schema: Option<PathBuf>,
    #[command(flatten)]
    pub reach: Reach,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum CheckFormat {
    #[default]
    /// The line of the mistake with carets
    Human,
    /// One JSON object a query
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Annotations of GitHub Actions
    Github,
}

#[derive(Debug, Args)]
pub struct Test {
    /// Test files, or folders to look for them in; this folder by default
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Only tests whose name has this in it, in any case
    #[arg(long, value_name = "TEXT")]
    pub filter: Vec<String>,
    /// Only tests with this tag
    #[arg(long, value_name = "TAG")]
    pub tag: Vec<String>,
    /// Only tests of rules with this tactic, such as InitialAccess
    #[arg(long, value_name = "TACTIC")]
    pub tactic: Vec<String>,
    /// The form of the report
    #[arg(long, value_enum, default_value_t = TestFormat::Human)]
    pub format: TestFormat,
    /// The file that the report is written to; what people read then goes to the standard output beside it
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Write the rows of `result` anew as they were found, to be reviewed
    #[arg(long, conflicts_with = "watch")]
    pub update: bool,
    /// Run again whenever a file changes
    #[arg(long)]
    pub watch: bool,
    /// Fail if a rule has fewer tests than this
    #[arg(long, value_name = "N")]
    pub min_tests: Option<usize>,
    /// Tell the N slowest tests
    #[arg(long, value_name = "N")]
    pub slowest: Option<usize>,
    /// A test fails where its rule meets a value for which it is not known what the real engine gives
    #[arg(long)]
    pub strict: bool,
    /// The columns of tables: {"Table": {"Column": "type"}}; other tables have the built-in columns, or those of their rows
    #[arg(long, value_name = "FILE")]
    pub schema: Option<PathBuf>,
    /// How many tests to run at once; as many as there are cores by default
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
    #[command(flatten)]
    pub reach: Reach,
    #[command(flatten)]
    pub limits: QueryLimits,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TestFormat {
    /// For people
    Human,
    /// JUnit XML, for build servers
    Junit,
    /// One JSON object
    Json,
    /// SARIF 2.1.0
    Sarif,
    /// Annotations for GitHub's workflows, after what people read
    Github,
}

#[derive(Debug, Args)]
pub struct SchemaOf {
    /// Of which files
    #[arg(value_enum, default_value_t = SchemaKind::Test)]
    pub kind: SchemaKind,
    /// The columns of tables: {"Table": {"Column": "type"}}; other tables have those of kqlite.yaml, or the built-in columns
    #[arg(long, value_name = "FILE")]
    pub schema: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SchemaKind {
    /// Files *.test.yaml
    Test,
    /// The settings of a repository: kqlite.yaml
    Repository,
}

#[derive(Debug, Args)]
pub struct Fmt {
    /// Files or folders with queries and rules, of which the queries alone are changed; - reads a query from the standard input
    /// and writes it to the standard output
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Change nothing; say which files are not formatted, and fail if there is one
    #[arg(long)]
    pub check: bool,
}

#[derive(Debug, Args)]
pub struct Types {
    /// A table's data, as for `run`: a file, a folder, a pattern; with a name or without
    #[arg(long = "data", value_name = "[NAME=]PATH", required = true)]
    pub data: Vec<String>,
    /// The file that the columns are written to, rather than the standard output
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    #[command(flatten)]
    pub layout: Layout,
    /// Loading stops where the tables take more memory than this, in megabytes, or one row more than a 128th of it
    #[arg(long, value_name = "N", help_heading = "Limits", default_value_t = 8192)]
    pub max_load_mb: usize,
}

#[derive(Debug, Args)]
pub struct Bench {
    #[command(flatten)]
    pub source: Source,
    /// How many times to run the query
    #[arg(long, value_name = "R", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    pub repeat: u32,
    /// How many times to run it before that, untimed: the first runs of a process take memory that the later ones have
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub warmup: u32,
    /// Load the data anew for each run, as `run` does, and time both together
    #[arg(long)]
    pub reload: bool,
}

#[derive(Debug, Args)]
pub struct Serve {
    #[command(flatten)]
    pub data: Data,
    #[command(flatten)]
    pub http: Http,
}

/// How a server answers.
#[derive(Debug, Args)]
pub struct Http {
    /// Where to listen. An address that other machines can reach needs --token-file
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080", help_heading = "Server")]
    pub listen: std::net::SocketAddr,
    /// Allow commands that change tables and functions, and ingestion. Changes are gone when the server ends
    #[arg(long, help_heading = "Server")]
    pub writable: bool,
    /// Load the data anew when a file changes; what is wrong with it then is told, and the old data stays
    #[arg(long, conflicts_with = "writable", help_heading = "Server")]
    pub watch: bool,
    /// A file with the token that clients must send, as in 'Authorization: Bearer TOKEN'
    #[arg(long, value_name = "FILE", help_heading = "Server")]
    pub token_file: Option<PathBuf>,
    /// A web page that may ask, by its origin, such as https://dataexplorer.azure.com
    #[arg(long, value_name = "ORIGIN", help_heading = "Server")]
    pub allow_origin: Vec<String>,
    /// The folder whose files '.ingest into' may read, by their names; without it no path is read
    #[arg(long, value_name = "FOLDER", help_heading = "Server")]
    pub ingest_from: Option<PathBuf>,
    /// How many queries may run at once; as many as there are cores by default
    #[arg(long, value_name = "N", help_heading = "Server", value_parser = clap::value_parser!(u16).range(1..))]
    pub max_running: Option<u16>,
    /// How many queries may wait for their turn; others are turned away
    #[arg(long, value_name = "N", help_heading = "Server", default_value_t = 64)]
    pub max_waiting: u16,
    /// How many connections there may be at once; others wait
    #[arg(long, value_name = "N", help_heading = "Server", default_value_t = 512, value_parser = clap::value_parser!(u16).range(1..))]
    pub max_connections: u16,
    /// The most megabytes of a request's body, unpacked
    #[arg(long, value_name = "N", help_heading = "Server", default_value_t = 64)]
    pub max_body_mb: u16,
}
