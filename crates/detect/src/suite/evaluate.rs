//! One case: its tables are made, the rule runs over them, the answer is held against what is expected.
//! It reads no clock and prints nothing; it must not know how cases are chosen or told.

use std::borrow::Cow;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use kqlite::{DateTime, Error, Limits, Options, ScalarType, Schema, Table};

use super::cell::Cells;
use super::check::{Answer, check};
use super::expect::Expectation;
use super::file::{Fixture, Layer, Patch, Rows, RuleText, TestFile};
use super::fixture::{self, DataFile};
use super::mistake::{Mistake, SourceText};
use super::outcome::{Failure, Outcome};
use super::stock::{KnownRule, Prepared, Stock};
use super::yaml::{Key, Node};
use crate::{Rule, RuleFormat};

/// What `now()` gives where a test file says nothing.
pub const DEFAULT_NOW: &str = "2024-06-30T12:00:00Z";

/// The time since some moment.
pub type Clock = Arc<dyn Fn() -> Duration + Send + Sync>;

/// How much a rule may use in a test.
#[derive(Clone)]
pub struct Bounds {
    /// Rows, bytes and depth.
    pub limits: Limits,
    /// The longest time, if the caller has a clock.
    pub time: Option<(Duration, Clock)>,
}

impl Default for Bounds {
    /// A million rows, 512 MiB, no limit on time.
    fn default() -> Self {
        Self { limits: Limits { rows: 1_000_000, bytes: 512 << 20, ..Limits::default() }, time: None }
    }
}

/// A test without cases, or one case of a test.
#[derive(Clone, Copy)]
pub(crate) struct Unit<'f> {
    pub file: &'f TestFile,
    pub test: usize,
    pub case: Option<usize>,
}

/// What came of a unit, and which tables its rule read.
pub(crate) struct Evaluated {
    pub outcome: Outcome,
    pub rule: Option<Arc<KnownRule>>,
    /// The tables that the rule reads.
    pub reads: Vec<String>,
    /// What was run, so that a caller can look further.
    pub run: Option<Ran>,
}

/// A run, to be looked at again.
pub(crate) struct Ran {
    pub prepared: Arc<Prepared>,
    pub database: kqlite::Database,
    pub options: Options,
    pub answer: Option<Table>,
}

impl<'f> Unit<'f> {
    /// What is said about the unit, from the nearest to the farthest.
    fn layers(&self) -> impl Iterator<Item = &'f Layer> + Clone + use<'f> {
        let test = self.file.tests.get(self.test);
        let case = test.zip(self.case).and_then(|(test, case)| test.cases.get(case));
        let own = case.map(|case| &case.layer).into_iter().chain(test.map(|test| &test.layer));
        own.chain([&self.file.shared])
    }

    /// Its name; that of a case comes after its test's.
    pub fn name(&self) -> String {
        let Some(test) = self.file.tests.get(self.test) else { return String::new() };
        match self.case.and_then(|case| test.cases.get(case)) {
            Some(case) => format!("{} › {}", test.name, case.name),
            None => test.name.clone(),
        }
    }

    /// Where it stands in the file.
    pub fn at(&self) -> Range<usize> {
        let Some(test) = self.file.tests.get(self.test) else { return 0..0 };
        self.case
            .and_then(|case| test.cases.get(case))
            .map_or_else(|| test.at.clone(), |case| case.at.clone())
    }

    pub fn tags(&self) -> Vec<String> {
        let mut tags: Vec<String> = self.layers().flat_map(|layer| &layer.tags).cloned().collect();
        tags.sort();
        tags.dedup();
        tags
    }

    pub fn skip(&self) -> Option<&'f str> {
        self.layers().find_map(|layer| layer.skip.as_deref())
    }

    /// What is expected, the nearest of each kind.
    pub fn expected(&self) -> Vec<&'f Expectation> {
        let mut expected: Vec<&Expectation> = Vec::new();
        for it in self.layers().flat_map(|layer| &layer.expected) {
            // A case that expects an error expects no answer, and the other way round.
            let hides =
                |other: &Expectation| other.key == it.key || (other.key == "error") != (it.key == "error");
            if !expected.iter().any(|other| hides(other)) {
                expected.push(it);
            }
        }
        expected
    }

    /// The rule that it names: a path or a text, and where it is named.
    pub fn rule_text(&self) -> Option<&'f RuleText> {
        self.layers().find_map(|layer| layer.rule.as_ref())
    }

    fn now(&self) -> DateTime {
        let said = self.layers().find_map(|layer| layer.now);
        said.or_else(|| DateTime::parse(DEFAULT_NOW)).unwrap_or(DateTime::UNIX_EPOCH)
    }

    /// Names and nodes of one kind, the nearest of each name.
    fn nearest<T>(&self, of: impl Fn(&'f Layer) -> &'f [(Key, T)]) -> Vec<(&'f Key, &'f T)> {
        let mut found: Vec<(&Key, &T)> = Vec::new();
        for (key, value) in self.layers().flat_map(&of) {
            if !found.iter().any(|(other, _)| other.text == key.text) {
                found.push((key, value));
            }
        }
        found
    }

    /// A `$` may be a placeholder.
    pub fn has_placeholders(&self) -> bool {
        self.layers().any(|layer| !layer.with.is_empty())
    }

    pub fn cells(&self) -> Cells<'f> {
        let with = self.nearest(|layer| &layer.with);
        let with = with.into_iter().map(|(key, node)| (key, Cow::Borrowed(node))).collect();
        Cells { source: &self.file.source, now: self.now(), with }
    }
}

/// A path as a test file names it.
pub(crate) fn beside(source: &SourceText, path: &str) -> PathBuf {
    let folder = source.path.parent().unwrap_or(Path::new(""));
    let mut joined = PathBuf::new();
    // A rule that two files name in two ways is one rule.
    for part in folder.join(path).components() {
        match part {
            std::path::Component::CurDir => {}
            std::path::Component::ParentDir
                if matches!(joined.components().next_back(), Some(std::path::Component::Normal(_))) =>
            {
                joined.pop();
            }
            part => joined.push(part),
        }
    }
    joined
}

/// Runs a unit. A mistake in the file is its outcome, too.
pub(crate) fn evaluate(unit: Unit<'_>, stock: &Stock, bounds: &Bounds) -> Evaluated {
    let mut evaluated = Evaluated { outcome: Outcome::Passed, rule: None, reads: Vec::new(), run: None };
    evaluated.outcome = match try_evaluate(unit, stock, bounds, &mut evaluated) {
        Ok(failures) if failures.is_empty() => Outcome::Passed,
        Ok(failures) => Outcome::Failed(failures),
        Err(mistake) => Outcome::Broken(Box::new(mistake)),
    };
    evaluated
}

fn try_evaluate(
    unit: Unit<'_>,
    stock: &Stock,
    bounds: &Bounds,
    evaluated: &mut Evaluated,
) -> Result<Vec<Failure>, Mistake> {
    let source = &unit.file.source;
    let rule = rule_of(unit, stock)?;
    evaluated.rule = Some(Arc::clone(&rule));
    let cells = unit.cells();
    let tables = Tables::of(unit, &cells, stock)?;
    let prepared = tables.prepare(unit, &rule, stock);
    evaluated.reads = prepared.reads.keys().cloned().collect();
    let query = match &prepared.query {
        Ok(query) => query,
        Err(error) => {
            evaluated.reads = tables.names().map(str::to_owned).collect();
            return check(&cells, &unit.expected(), &Answer::Error(error), &rule);
        }
    };
    tables.all_read(unit, &prepared)?;
    let mut database = prepared.database.clone();
    for made in &tables.list {
        let Some(wanted) = prepared.reads.get(&made.name) else { continue };
        database.insert(made.name.as_str(), made.table(&cells, stock, Some(wanted))?);
    }
    for (key, given) in unit.nearest(|layer| &layer.external) {
        database.insert_external(key.text.as_str(), external(&cells, stock, key, given)?);
    }
    let mut options = Options::new(cells.now).limits(bounds.limits);
    if let Some((limit, clock)) = &bounds.time {
        let (start, clock) = (clock(), Arc::clone(clock));
        options = options.time_limit(*limit, move || clock().saturating_sub(start));
    }
    for (key, node) in unit.nearest(|layer| &layer.parameters) {
        let declared = query.parameters().find(|(name, ..)| *name == key.text).map(|(_, kind, _)| kind);
        let Some(kind) = declared else {
            let message = format!("the query declares no parameter '{}'", key.text);
            let known: Vec<&str> = query.parameters().map(|(name, ..)| name).collect();
            let help = match known.as_slice() {
                [] => {
                    "a parameter is declared as: declare query_parameters(name: type = default);".to_owned()
                }
                known => crate::suggest::suggestion(&key.text, "it declares", known.iter().copied()),
            };
            return Err(Mistake::new(source, key.at.clone(), message).help(help));
        };
        options = options.parameter(key.text.as_str(), cells.value(node, kind, &key.text)?);
    }
    let answer = query.run(&database, &options);
    let expected = unit.expected();
    let failures = match &answer {
        Ok(table) => {
            let files = |path: &str| stock.file(&beside(source, path));
            let answer = Answer::Table { table, ordered: prepared.ordered, files: &files };
            check(&cells, &expected, &answer, &rule)?
        }
        Err(error) => check(&cells, &expected, &Answer::Error(error), &rule)?,
    };
    evaluated.run = Some(Ran { prepared: Arc::clone(&prepared), database, options, answer: answer.ok() });
    Ok(failures)
}

fn rule_of(unit: Unit<'_>, stock: &Stock) -> Result<Arc<KnownRule>, Mistake> {
    let source = &unit.file.source;
    match unit.rule_text() {
        Some(RuleText::File { path, at }) => {
            stock.rule(&beside(source, path)).map_err(|message| Mistake::new(source, at.clone(), message))
        }
        Some(RuleText::Query { text }) => {
            let rule = Rule::parse_all(text, RuleFormat::Kql).ok().and_then(|mut rules| rules.pop());
            let rule = rule.ok_or_else(|| Mistake::new(source, unit.at(), "the test has no query"))?;
            Ok(Arc::new(KnownRule::new(None, text.clone(), rule)))
        }
        None => Err(Mistake::new(source, unit.at(), "the test has no rule")),
    }
}

/// The tables that a unit gives.
struct Tables<'f> {
    list: Vec<Made<'f>>,
    functions: Vec<(&'f str, &'f str)>,
}

/// A table before its rows are made.
struct Made<'f> {
    name: String,
    key: &'f Key,
    schema: Arc<Schema>,
    /// What distinguishes the schema from others of that name.
    declared: String,
    rows: MadeRows<'f>,
    search_key: Option<&'f Key>,
    /// It is given by the test or the case, not by the file.
    own: bool,
}

enum MadeRows<'f> {
    Inline(Vec<fixture::Row<'f>>),
    File { path: PathBuf, bytes: Arc<[u8]>, at: Range<usize>, told: Option<Table> },
}

type Columns = [(Key, ScalarType)];

impl<'f> Tables<'f> {
    fn of(unit: Unit<'f>, cells: &Cells<'f>, stock: &Stock) -> Result<Self, Mistake> {
        let mut list = Vec::new();
        for (key, _) in unit.nearest(|layer| &layer.tables) {
            list.push(Made::table_of(unit, cells, stock, key)?);
        }
        for (what, patches) in
            [("row", unit.patches(|layer| &layer.row)), ("set", unit.patches(|layer| &layer.set))]
        {
            for (key, own) in patches {
                let inline =
                    list.iter().any(|it| it.name == key.text && matches!(it.rows, MadeRows::Inline(_)));
                if !inline && own {
                    let message =
                        format!("'{what}' has cells for '{}', of which this test has no rows", key.text);
                    let help = format!(
                        "give it rows: 'tables: {{{}: [{{}}]}}' is one of just these cells",
                        key.text
                    );
                    return Err(Mistake::new(cells.source, key.at.clone(), message).help(help));
                }
            }
        }
        let mut functions: Vec<(&str, &str)> = unit
            .nearest(|layer| &layer.functions)
            .into_iter()
            .map(|(key, node)| (key.text.as_str(), node.text().unwrap_or_default()))
            .collect();
        let watchlists = unit.nearest(|layer| &layer.watchlists);
        if !watchlists.is_empty() && !functions.iter().any(|(name, _)| *name == WATCHLIST_FUNCTION) {
            functions.push((WATCHLIST_FUNCTION, WATCHLIST_BODY));
        }
        for (key, _) in watchlists {
            list.push(Made::watchlist_of(unit, cells, stock, key)?);
        }
        Ok(Self { list, functions })
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        self.list.iter().map(|it| it.name.as_str())
    }

    fn prepare(&self, unit: Unit<'_>, rule: &KnownRule, stock: &Stock) -> Arc<Prepared> {
        use std::fmt::Write as _;
        let mut key = match &rule.path {
            Some(path) => format!("{}#{}#{}", path.display(), rule.rule.id, rule.rule.name),
            None => format!("{}\u{1}{}", unit.file.path().display(), rule.rule.query),
        };
        for made in &self.list {
            let _ = write!(key, "\u{1}{}\u{2}{}", made.name, made.declared);
        }
        for (name, text) in &self.functions {
            let _ = write!(key, "\u{1}{name}\u{3}{text}");
        }
        let schemas: Vec<(&str, Arc<Schema>)> =
            self.list.iter().map(|it| (it.name.as_str(), Arc::clone(&it.schema))).collect();
        stock.prepared(rule, key, &schemas, &self.functions)
    }

    /// A table that the test gives and the rule never reads is a mistake; one of the whole file may be for another test.
    fn all_read(&self, unit: Unit<'_>, prepared: &Prepared) -> Result<(), Mistake> {
        match self.list.iter().find(|it| it.own && !prepared.reads.contains_key(&it.name)) {
            Some(made) => Err(never_read(&unit.file.source, made.key, &made.name, prepared.reads.keys())),
            None => Ok(()),
        }
    }
}

/// The mistake of a table that no rule reads.
pub(crate) fn never_read<'n>(
    source: &SourceText,
    key: &Key,
    name: &str,
    reads: impl IntoIterator<Item = &'n String>,
) -> Mistake {
    let mistake = Mistake::new(source, key.at.clone(), format!("the rule never reads '{name}'"));
    let reads: Vec<&str> = reads.into_iter().map(String::as_str).collect();
    if reads.is_empty() {
        return mistake.help("it reads no table");
    }
    mistake.help(crate::suggest::suggestion(name, "it reads", reads))
}

/// Sentinel's function for watchlists.
const WATCHLIST_FUNCTION: &str = "_GetWatchlist";
/// Each watchlist is a table that is called as it is read: `_GetWatchlist('name')`.
const WATCHLIST_BODY: &str =
    "(watchlistAlias: string) { table(strcat(\"_GetWatchlist('\", watchlistAlias, \"')\")) }";

/// The table behind a watchlist.
pub(crate) fn watchlist_table(alias: &str) -> String {
    format!("_GetWatchlist('{alias}')")
}

impl<'f> Unit<'f> {
    /// The cells that rows of tables start from or end with: their tables, and whether the test or the case says so.
    fn patches(&self, of: impl Fn(&'f Layer) -> &'f [Patch]) -> Vec<(&'f Key, bool)> {
        let shared: *const Layer = &raw const self.file.shared;
        self.layers()
            .flat_map(|layer| of(layer).iter().map(move |(key, _)| (key, !std::ptr::eq(layer, shared))))
            .collect()
    }

    /// The patches of a table, from the weakest to the strongest.
    fn patches_of(&self, table: &str, of: impl Fn(&'f Layer) -> &'f [Patch]) -> Vec<&'f [(Key, Node)]> {
        let found = self.layers().flat_map(of).filter(|(key, _)| key.text == table);
        let mut patches: Vec<&[(Key, Node)]> = found.map(|(_, cells)| cells.as_slice()).collect();
        patches.reverse();
        patches
    }

    /// The nearest key of a fixture, its rows, its declared columns from far to near; and whether the rows are the unit's.
    fn fixture(
        &self,
        name: &str,
        of: impl Fn(&'f Layer) -> &'f [(Key, Fixture)],
    ) -> (Option<(&'f Key, &'f Fixture)>, Vec<&'f Columns>, bool) {
        let shared: *const Layer = &raw const self.file.shared;
        let mut columns = Vec::new();
        let mut rows = None;
        let mut own = false;
        for layer in self.layers() {
            for (key, fixture) in of(layer).iter().filter(|(key, _)| key.text == name) {
                columns.extend(fixture.columns.as_deref());
                own |= !std::ptr::eq(layer, shared);
                if rows.is_none() && !matches!(fixture.rows, Rows::Unsaid) {
                    rows = Some((key, fixture));
                }
            }
        }
        columns.reverse();
        (rows, columns, own)
    }
}

impl<'f> Made<'f> {
    fn table_of(unit: Unit<'f>, cells: &Cells<'f>, stock: &Stock, key: &'f Key) -> Result<Self, Mistake> {
        let name = key.text.as_str();
        let (rows, columns, own) = unit.fixture(name, |layer| &layer.tables);
        let row = unit.patches_of(name, |layer| &layer.row);
        let set = unit.patches_of(name, |layer| &layer.set);
        let mut rows = made_rows(cells, stock, rows, &row, &set)?;
        let is_built_in = crate::schema_of(name).is_some();
        let schema = match &mut rows {
            MadeRows::File { path, bytes, at, told } if !is_built_in && columns.is_empty() => {
                let file = DataFile { path, at: at.clone(), bytes };
                let table = fixture::data_file(cells, None, &file)?;
                let schema = table.schema().clone();
                *told = Some(table);
                schema
            }
            MadeRows::File { .. } => fixture::schema(cells, key, &columns, None)?,
            MadeRows::Inline(rows) => fixture::schema(cells, key, &columns, Some(rows))?,
        };
        let declared = if is_built_in && columns.is_empty() { String::new() } else { describe(&schema) };
        Ok(Self { name: name.to_owned(), key, schema: schema.into(), declared, rows, search_key: None, own })
    }

    fn watchlist_of(unit: Unit<'f>, cells: &Cells<'f>, stock: &Stock, key: &'f Key) -> Result<Self, Mistake> {
        let (rows, columns, own) = unit.fixture(&key.text, |layer| &layer.watchlists);
        let search_key = rows.and_then(|(_, fixture)| fixture.search_key.as_ref());
        let rows = made_rows(cells, stock, rows, &[], &[])?;
        let schema = match &rows {
            MadeRows::Inline(rows) => {
                let names = rows.iter().flat_map(|row| row.cells.iter().map(|(key, _)| key.text.as_str()));
                fixture::watchlist_schema(&columns, names)
            }
            MadeRows::File { path, bytes, at, .. } => {
                let file = DataFile { path, at: at.clone(), bytes };
                let told = fixture::data_file(cells, None, &file)?;
                fixture::watchlist_schema(&columns, told.schema().names())
            }
        };
        if let Some(from) = search_key
            && schema.position(&from.text).is_none()
        {
            let message = format!("the watchlist has no column '{}'", from.text);
            let help = crate::suggest::suggestion(&from.text, "its columns are", schema.names());
            return Err(Mistake::new(cells.source, from.at.clone(), message).help(help));
        }
        let declared = describe(&schema);
        let name = watchlist_table(&key.text);
        Ok(Self { name, key, schema: schema.into(), declared, rows, search_key, own })
    }

    fn table(&self, cells: &Cells<'_>, stock: &Stock, wanted: Option<&[String]>) -> Result<Table, Mistake> {
        let table = match &self.rows {
            // The search key is made of another column, which must be there.
            MadeRows::Inline(rows) => {
                let wanted = wanted.filter(|_| self.search_key.is_none());
                fixture::table(cells, &self.name, &self.schema, rows, wanted)?
            }
            MadeRows::File { told: Some(table), .. } => table.clone(),
            MadeRows::File { path, bytes, at, told: None } => {
                let key =
                    format!("{}\u{1}{}\u{1}{}\u{1}{}", path.display(), self.name, self.declared, cells.now.0);
                stock.table(&key, || {
                    let file = DataFile { path, at: at.clone(), bytes };
                    fixture::data_file(cells, Some(&self.schema), &file)
                })?
            }
        };
        let filled = self.search_key.and_then(|from| fixture::with_search_key(&table, &from.text));
        Ok(filled.unwrap_or(table))
    }
}

/// A schema as a text that no other schema has.
fn describe(schema: &Schema) -> String {
    schema.columns.iter().map(|column| format!("{}:{},", column.name, column.kind)).collect()
}

fn made_rows<'f>(
    cells: &Cells<'f>,
    stock: &Stock,
    fixture: Option<(&'f Key, &'f Fixture)>,
    row: &[&'f [(Key, Node)]],
    set: &[&'f [(Key, Node)]],
) -> Result<MadeRows<'f>, Mistake> {
    Ok(match fixture.map(|(_, fixture)| &fixture.rows) {
        Some(Rows::Inline(items)) => MadeRows::Inline(fixture::rows(cells, items, row, set)?),
        Some(Rows::File { path, at }) => {
            let path = beside(cells.source, path);
            let bytes =
                stock.file(&path).map_err(|message| Mistake::new(cells.source, at.clone(), message))?;
            MadeRows::File { path, bytes, at: at.clone(), told: None }
        }
        Some(Rows::Unsaid) | None => MadeRows::Inline(Vec::new()),
    })
}

/// Data behind the location of an `externaldata` operator; the query declares its types.
fn external(cells: &Cells<'_>, stock: &Stock, key: &Key, given: &Fixture) -> Result<Table, Mistake> {
    match made_rows(cells, stock, Some((key, given)), &[], &[])? {
        MadeRows::File { path, bytes, at, .. } => {
            let declared = given
                .columns
                .as_ref()
                .map(|columns| Schema::new(columns.iter().map(|(key, kind)| (key.text.as_str(), *kind))));
            let file = DataFile { path: &path, at, bytes: &bytes };
            fixture::data_file(cells, declared.as_ref(), &file)
        }
        MadeRows::Inline(rows) => {
            let mut schema = Schema::default();
            let declared = given.columns.iter().flatten().map(|(key, kind)| (key.text.as_str(), *kind));
            let named = rows
                .iter()
                .flat_map(|row| &row.cells)
                .map(|(key, _)| (key.text.as_str(), ScalarType::String));
            for (name, kind) in declared.chain(named) {
                if schema.position(name).is_none() {
                    schema.columns.push(kqlite::ColumnSchema { name: name.into(), kind });
                }
            }
            fixture::table(cells, &key.text, &schema, &rows, None)
        }
    }
}

/// The diagnostics of an error at their places in the rule file, or in the query.
pub(crate) fn render_error(error: &Error, rule: &KnownRule, colour: bool) -> String {
    let origin = rule.path.as_ref().map_or_else(|| "query".to_owned(), |path| path.display().to_string());
    let rendered: Vec<String> = error
        .diagnostics()
        .iter()
        .map(|diagnostic| match in_rule_file(diagnostic, rule) {
            Some(moved) if error.text() == rule.rule.query => moved.render(&origin, &rule.text, colour),
            _ => diagnostic.render(&origin, error.text(), colour),
        })
        .collect();
    rendered.join("\n")
}

fn in_rule_file(diagnostic: &kqlite::Diagnostic, rule: &KnownRule) -> Option<kqlite::Diagnostic> {
    rule.path.as_ref()?;
    let mut moved = diagnostic.clone();
    for label in &mut moved.labels {
        label.span = rule.rule.span_in_file(label.span)?;
    }
    Some(moved)
}
