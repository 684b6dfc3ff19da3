//! External data: the rows of files that the caller gives as bytes or as tables. Fields of text are found by their places,
//! members of JSON objects by their names. It must not know where the bytes come from.

use std::sync::Arc;

use csv_core::ReadRecordResult;

use super::context::{Account, ExecContext, Site};
use super::run::{ExternalData, ExternalRequest};
use super::scan::columns_of;
use super::stream::{Buffered, Chunks, Stream};
use crate::column::{Chunk, ColumnBuilder};
use crate::diagnostic::Code;
use crate::function::Result;
use crate::plan::{Node, Plan};
use crate::types::json::{is_json, items, to_dynamic};
use crate::types::{Dynamic, ExternalFormat, ScalarType, Value};

/// After so many records the clock is looked at.
const RECORDS_PER_TICK: usize = 1 << 10;
/// A chunk ends where its texts have so many bytes.
const CHUNK_BYTES: usize = 1 << 24;

struct ExternalStream<'a> {
    plan: &'a Plan,
    context: &'a ExecContext<'a>,
    skips_first: bool,
    /// What is left, the last first.
    left: Vec<(&'a str, ExternalFormat, ExternalData)>,
    open: Option<(&'a str, ExternalRecords)>,
    ready: Buffered,
    _held: Account<'a>,
}

/// Asks for everything before the first row comes: what is missing is told at once.
pub(super) fn open<'a>(plan: &'a Plan, context: &'a ExecContext<'a>) -> Result<Chunks<'a>> {
    let at = Site::of(plan);
    let Node::External { locations, format, skips_first, .. } = &plan.node else {
        return Err(at.internal("it is no external data"));
    };
    let (mut left, mut missing) = (Vec::new(), Vec::new());
    let mut held = context.account(at);
    for location in locations {
        context.tick(at)?;
        let format = format.unwrap_or_else(|| ExternalFormat::of_location(location));
        let budget = context.budget();
        let max_bytes = budget.max_bytes().saturating_sub(budget.held());
        let found = context.run.tables.external(&ExternalRequest::new(location, format, max_bytes));
        match found.map_err(|message| at.fail(Code::BadData, format!("'{location}': {message}")))? {
            Some(data) => {
                if let ExternalData::Bytes(bytes) = &data {
                    held.add(bytes.len())?;
                    if format == ExternalFormat::Raw {
                        // All of it becomes one value.
                        context.check_room(at, bytes.len().saturating_mul(2))?;
                    }
                }
                left.push((location.as_str(), format, data));
            }
            None => missing.push(format!("'{location}'")),
        }
    }
    if !missing.is_empty() {
        let message = format!("no data is given for the external location {}", missing.join(", "));
        let help = "give it: Database::insert_external_bytes, or on the command line --external 'ADDRESS=FILE', or --external \
            FOLDER with a file that is called as the last part of the address";
        return Err(Box::new(at.fail(Code::BadData, message).help(help)));
    }
    left.reverse();
    let ready = Buffered::empty();
    Ok(Box::new(ExternalStream {
        plan,
        context,
        skips_first: *skips_first,
        left,
        open: None,
        ready,
        _held: held,
    }))
}

/// How many rows each location of a plan has; what cannot be read has none.
pub(super) fn row_counts(plan: &Plan, context: &ExecContext<'_>) -> Vec<usize> {
    let Node::External { locations, format, skips_first, declared } = &plan.node else { return Vec::new() };
    let count = |location: &String| {
        let node = Node::External {
            locations: vec![location.clone()],
            format: *format,
            skips_first: *skips_first,
            declared: declared.clone(),
        };
        let alone = Plan { node, ..plan.clone() };
        let mut stream = open(&alone, context).ok()?;
        let mut rows = 0;
        while let Some(chunk) = stream.next().ok()? {
            rows += chunk.len();
        }
        Some(rows)
    };
    locations.iter().map(|location| count(location).unwrap_or(0)).collect()
}

impl Stream for ExternalStream<'_> {
    fn next(&mut self) -> Result<Option<Chunk>> {
        loop {
            if let Some(chunk) = self.ready.next()? {
                return Ok(Some(chunk));
            }
            self.context.tick(Site::of(self.plan))?;
            if let Some((location, records)) = &mut self.open {
                match chunk(location, records, self.plan, self.context)? {
                    Some(chunk) => return Ok(Some(chunk)),
                    None => self.open = None,
                }
                continue;
            }
            let Some((location, format, data)) = self.left.pop() else { return Ok(None) };
            match data {
                ExternalData::Table(table) => {
                    let columns = columns_of(&table, location, self.plan, true)?;
                    self.ready = Buffered::new(vec![columns], self.context.chunk_rows());
                }
                ExternalData::Bytes(bytes) => {
                    let Some(mut records) = ExternalRecords::new(bytes, format) else {
                        let message =
                            format!("'{location}': a Parquet file is given as a table, not as bytes");
                        return Err(Site::of(self.plan).fail(Code::BadData, message));
                    };
                    if self.skips_first {
                        records.skip_first();
                    }
                    self.open = Some((location, records));
                }
            }
        }
    }
}

/// The next records of a file, of the columns that the plan reads.
fn chunk(
    location: &str,
    records: &mut ExternalRecords,
    plan: &Plan,
    context: &ExecContext<'_>,
) -> Result<Option<Chunk>> {
    let at = Site::of(plan);
    let Node::External { declared, .. } = &plan.node else { return Ok(None) };
    let mut columns: Vec<(Option<usize>, ColumnBuilder)> = plan
        .schema
        .columns
        .iter()
        .map(|it| (declared.position(&it.name), ColumnBuilder::new(it.data_type)))
        .collect();
    let (mut rows, mut bytes) = (0, 0);
    while rows < context.chunk_rows() && bytes < CHUNK_BYTES {
        if rows % RECORDS_PER_TICK == 0 {
            context.tick(at)?;
            context.check_room(at, bytes.saturating_mul(2))?;
        }
        let Some(record) = records.next() else { break };
        let record = record.map_err(|message| at.fail(Code::BadData, format!("'{location}': {message}")))?;
        bytes += record.byte_size();
        if record.byte_size() > CHUNK_BYTES {
            context.check_room(at, record.byte_size().saturating_mul(4))?;
        }
        for ((place, builder), described) in columns.iter_mut().zip(&plan.schema.columns) {
            let value = match &record {
                ExternalRecord::Fields(fields) => {
                    place.and_then(|place| fields.get(place)).map(|text| field(text, described.data_type))
                }
                ExternalRecord::Member(Dynamic::Bag(bag)) => {
                    bag.get(&*described.name).map(|value| value.to_value(described.data_type))
                }
                ExternalRecord::Member(_) => None,
            };
            builder.push(&value.unwrap_or_else(|| Value::null_of(described.data_type)));
        }
        rows += 1;
    }
    if rows == 0 {
        return Ok(None);
    }
    Ok(Some(Chunk::new(columns.into_iter().map(|(_, builder)| builder.finish()).collect(), rows)))
}

/// A field as a value of a type. What does not fit is null.
fn field(text: &str, data_type: ScalarType) -> Value {
    match data_type {
        ScalarType::Dynamic if text.is_empty() => Value::Null,
        ScalarType::Dynamic if is_json(text.as_bytes()) => Value::Dynamic(to_dynamic(text.as_bytes())),
        _ => Value::from_text(text, data_type),
    }
}

/// One record.
enum ExternalRecord {
    Fields(Vec<String>),
    /// A JSON object.
    Member(Dynamic),
}

impl ExternalRecord {
    fn byte_size(&self) -> usize {
        match self {
            Self::Fields(fields) => fields.iter().map(|it| it.len() + size_of::<String>()).sum(),
            Self::Member(value) => value.byte_size(),
        }
    }
}

/// The records of a file, one after the other.
struct ExternalRecords {
    bytes: Arc<[u8]>,
    at: usize,
    /// How many were read.
    count: usize,
    form: FileForm,
}

enum FileForm {
    Delimited(Box<csv_core::Reader>),
    Lines,
    Raw,
    /// Values one behind the other; in an array, where the next of its items begins. `lines`: each stands in a line of its own.
    Json {
        lines: bool,
        in_array: bool,
    },
    W3cLog,
}

impl ExternalRecords {
    /// `None` for a format that is no text.
    fn new(bytes: Arc<[u8]>, format: ExternalFormat) -> Option<Self> {
        let form = match format {
            ExternalFormat::Delimited(delimiter) => {
                FileForm::Delimited(Box::new(csv_core::ReaderBuilder::new().delimiter(delimiter).build()))
            }
            ExternalFormat::Txt => FileForm::Lines,
            ExternalFormat::Raw => FileForm::Raw,
            ExternalFormat::Json => FileForm::Json { lines: true, in_array: false },
            ExternalFormat::MultiJson => FileForm::Json { lines: false, in_array: false },
            ExternalFormat::W3cLog => FileForm::W3cLog,
            ExternalFormat::Parquet => return None,
        };
        let at = if bytes.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        Some(Self { bytes, at, count: 0, form })
    }

    /// Passes over the first record, where records are lines or rows of fields.
    fn skip_first(&mut self) {
        match self.form {
            FileForm::Delimited(_) | FileForm::Lines | FileForm::W3cLog => _ = self.next(),
            FileForm::Raw | FileForm::Json { .. } => {}
        }
    }

    fn line(&mut self) -> Option<&[u8]> {
        let rest = self.bytes.get(self.at..).filter(|rest| !rest.is_empty())?;
        let len = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        self.at += (len + 1).min(rest.len());
        let line = rest.get(..len)?;
        Some(line.strip_suffix(b"\r").unwrap_or(line))
    }

    /// The next JSON value.
    fn json(&mut self) -> Option<std::result::Result<Dynamic, String>> {
        let FileForm::Json { lines, in_array } = &mut self.form else { return None };
        loop {
            let rest = self.bytes.get(self.at..)?;
            let blank = |byte: &u8| byte.is_ascii_whitespace() || (*in_array && *byte == b',');
            self.at += rest.iter().take_while(|byte| blank(byte)).count();
            let rest = self.bytes.get(self.at..)?;
            match rest.first()? {
                b']' if *in_array => {
                    *in_array = false;
                    self.at += 1;
                    continue;
                }
                b'[' if !*lines && !*in_array && items(rest).is_some() => {
                    *in_array = true;
                    self.at += 1;
                    continue;
                }
                _ => {}
            }
            let piece = if *lines {
                let len = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
                rest.get(..len).filter(|it| is_json(it))
            } else {
                let mut values =
                    serde_json::Deserializer::from_slice(rest).into_iter::<serde::de::IgnoredAny>();
                let is_read = values.next().is_some_and(|it| it.is_ok());
                is_read.then(|| rest.get(..values.byte_offset())).flatten().filter(|it| is_json(it))
            };
            self.count += 1;
            let Some(piece) = piece else { return Some(Err(format!("value {} is no JSON", self.count))) };
            self.at += piece.len();
            let value = to_dynamic(piece);
            if !matches!(value, Dynamic::Bag(_)) {
                let help = if *lines { "; format='multijson' reads arrays of objects" } else { "" };
                return Some(Err(format!("value {} is no JSON object{help}", self.count)));
            }
            return Some(Ok(value));
        }
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

impl Iterator for ExternalRecords {
    type Item = std::result::Result<ExternalRecord, String>;

    fn next(&mut self) -> Option<Self::Item> {
        match &mut self.form {
            FileForm::Delimited(reader) => {
                let fields = fields(reader, self.bytes.get(self.at..)?, &mut self.at)?;
                Some(Ok(ExternalRecord::Fields(fields)))
            }
            FileForm::Lines => self.line().map(|line| Ok(ExternalRecord::Fields(vec![text(line)]))),
            FileForm::Raw => {
                let rest = self.bytes.get(self.at..).filter(|_| self.count == 0)?;
                self.count = 1;
                Some(Ok(ExternalRecord::Fields(vec![text(rest)])))
            }
            FileForm::Json { .. } => Some(self.json()?.map(ExternalRecord::Member)),
            FileForm::W3cLog => loop {
                let line = self.line()?;
                if line.is_empty() || line.starts_with(b"#") {
                    continue;
                }
                return Some(Ok(ExternalRecord::Fields(
                    line.split(|byte| *byte == b' ').map(text).collect(),
                )));
            },
        }
    }
}

/// The fields of the next record; blank lines are none.
fn fields(reader: &mut csv_core::Reader, mut input: &[u8], at: &mut usize) -> Option<Vec<String>> {
    let (mut output, mut ends) = (vec![0; 1 << 10], vec![0; 32]);
    let (mut written, mut fields) = (0, 0);
    loop {
        let (result, read, wrote, ended) =
            reader.read_record(input, output.get_mut(written..)?, ends.get_mut(fields..)?);
        input = input.get(read..)?;
        *at += read;
        written += wrote;
        fields += ended;
        match result {
            ReadRecordResult::OutputFull => output.resize(output.len() * 2, 0),
            ReadRecordResult::OutputEndsFull => ends.resize(ends.len() * 2, 0),
            // An empty input is the end.
            ReadRecordResult::InputEmpty => {}
            ReadRecordResult::Record => break,
            ReadRecordResult::End => return None,
        }
    }
    let mut start = 0;
    let ends = ends.get(..fields)?.iter();
    ends.map(|&end| {
        let piece = output.get(start..end);
        start = end;
        piece.map(text)
    })
    .collect()
}
